import Testing
import Transfer

@Suite struct SMTPOutcomeTests {
  private func result(
    _ script: SMTPScript, timeout: Duration = .seconds(20), message: String? = nil
  ) async throws -> SMTPResult {
    let server = ScriptedServer(script.serve)
    return try await withLoop { loop in
      var mail = mail(server.port, timeout: timeout)
      if let message { mail.message = TransferBody(Array(message.utf8)) }
      return await loop.perform(mail)
    }
  }

  @Test func `a mail that the server takes is delivered with its reply code`() async throws {
    let script = SMTPScript()
    #expect(try await result(script) == .delivered(code: 250))
    #expect(
      script.commands.prefix(4) == [
        "EHLO reset.test", "MAIL FROM:<noreply@app.test>", "RCPT TO:<ada@example.test>", "DATA",
      ])
    #expect(script.messages == [Array("Subject: x\r\n\r\nhello\r\n".utf8)])
  }

  @Test func `a mail is delivered the same way in one flight if the server pipelines`()
    async throws
  {
    let script = SMTPScript(extensions: ["PIPELINING", "SIZE 1000000"])
    #expect(try await result(script) == .delivered(code: 250))
    #expect(script.commands[1] == "MAIL FROM:<noreply@app.test> SIZE=21")
    #expect(script.messages == [Array("Subject: x\r\n\r\nhello\r\n".utf8)])
  }

  @Test func `a refused connection is transient`() async throws {
    let result = try await withLoop { await $0.perform(mail(closedPort())) }
    #expect(result == .transient(.connect, "connect_refused"))
  }

  @Test func `an unknown host is transient`() async throws {
    var mail = mail(25)
    mail.endpoint.host = "mail.invalid"
    let result = try await withLoop { await $0.perform(mail) }
    #expect(result == .transient(.connect, "dns"))
  }

  @Test(arguments: [421, 554])
  func `a refusing greeting is transient, whatever its class`(code: Int) async throws {
    let script = SMTPScript(["greeting": .text("\(code) \(code / 100).3.2 no")])
    #expect(try await result(script) == .transient(reply(.greeting, code, "\(code / 100).3.2")))
  }

  @Test func `a greeting that is not SMTP is transient`() async throws {
    let script = SMTPScript(["greeting": .text("SSH-2.0-OpenSSH_9.2p1")])
    #expect(try await result(script) == .transient(.greeting, "bad_reply"))
  }

  @Test func `a server without STARTTLS gets no mail where TLS is required`() async throws {
    let script = SMTPScript()
    let server = ScriptedServer(script.serve)
    var mail = mail(server.port)
    mail.endpoint.tls = .required
    let result = try await withLoop { await $0.perform(mail) }
    #expect(result == .transient(.ehlo, "tls_not_offered"))
    await server.ended()
    #expect(script.verbs("MAIL") == 0)
  }

  @Test func `a refused STARTTLS is transient and no mail is sent`() async throws {
    let script = SMTPScript(["STARTTLS": .text("454 4.7.0 no")], extensions: ["STARTTLS"])
    let server = ScriptedServer(script.serve)
    var mail = mail(server.port)
    mail.endpoint.tls = .required
    let result = try await withLoop { await $0.perform(mail) }
    #expect(result == .transient(reply(.starttls, 454, "4.7.0")))
    await server.ended()
    #expect(script.verbs("MAIL") == 0)
  }

  @Test func `a refused password is transient and names the reply`() async throws {
    let script = SMTPScript(["AUTH": .text("535 5.7.8 no")], extensions: ["AUTH PLAIN"])
    let server = ScriptedServer(script.serve)
    var mail = mail(server.port)
    mail.endpoint.credentials = SMTPCredentials(username: "u", password: "p")
    let result = try await withLoop { await $0.perform(mail) }
    #expect(
      result
        == .transient(
          SMTPFailure(
            stage: .auth, replyCode: 535, enhancedStatus: "5.7.8", cause: "auth_failed")))
    await server.ended()
    #expect(script.verbs("MAIL") == 0)
  }

  @Test func `a server that offers no authentication gets no mail where a password is set`()
    async throws
  {
    let script = SMTPScript()
    let server = ScriptedServer(script.serve)
    var mail = mail(server.port)
    mail.endpoint.credentials = SMTPCredentials(username: "u", password: "p")
    let result = try await withLoop { await $0.perform(mail) }
    #expect(result == .transient(.auth, "auth_not_offered"))
    await server.ended()
    #expect(script.verbs("MAIL") == 0)
  }

  @Test(arguments: [[], ["PIPELINING"]])
  func `a 4yz reply is transient and a 5yz reply permanent, at every step of the mail`(
    extensions: [String]
  ) async throws {
    let steps: [(verb: String, stage: SMTPFailure.Stage)] = [
      ("MAIL", .mail), ("RCPT", .rcpt), ("DATA", .data), (".", .message),
    ]
    for step in steps {
      let later = SMTPScript([step.verb: .text("451 4.7.1 later")], extensions: extensions)
      #expect(try await result(later) == .transient(reply(step.stage, 451, "4.7.1")))
      let never = SMTPScript([step.verb: .text("550 5.1.1 never")], extensions: extensions)
      #expect(try await result(never) == .permanent(reply(step.stage, 550, "5.1.1")))
    }
  }

  @Test func `a message over the server's limit is permanent`() async throws {
    let script = SMTPScript([".": .text("552 too big")])
    #expect(try await result(script) == .permanent(reply(.message, 552)))
  }

  @Test(arguments: [530, 535])
  func `a server that wants authentication first does not refuse the mail`(code: Int)
    async throws
  {
    let script = SMTPScript(["MAIL": .text("\(code) first")])
    #expect(try await result(script) == .transient(reply(.mail, code)))
  }

  @Test func `a connection lost before the final dot is transient`() async throws {
    let script = SMTPScript(["BODY": .drop])
    let message = String(repeating: "0123456789\r\n", count: 2_000_000)
    #expect(try await result(script, message: message) == .transient(.message, "connection_lost"))
  }

  @Test func `a connection lost after the final dot is uncertain`() async throws {
    let script = SMTPScript([".": .drop])
    #expect(
      try await result(script)
        == .uncertain(SMTPFailure(stage: .message, cause: "connection_lost")))
    #expect(script.messages.count == 1)
  }

  @Test func `garbage after the final dot is uncertain`() async throws {
    let script = SMTPScript([".": .text("HTTP/1.1 200 OK")])
    #expect(
      try await result(script) == .uncertain(SMTPFailure(stage: .message, cause: "bad_reply")))
  }

  @Test(arguments: ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
  func `a server that hangs before the final dot is transient after the timeout`(verb: String)
    async throws
  {
    let outcome = try await result(SMTPScript([verb: .hang]), timeout: .patience)
    guard case .transient(let failure) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(failure.cause == "timeout")
    #expect(failure.stage.rawValue == verb.lowercased())
  }

  @Test func `a server that hangs after the final dot is uncertain after the timeout`()
    async throws
  {
    let start = ContinuousClock.now
    let outcome = try await result(SMTPScript([".": .hang]), timeout: .patience)
    #expect(outcome == .uncertain(SMTPFailure(stage: .message, cause: "timeout")))
    #expect(ContinuousClock.now - start >= .patience)
  }

  @Test(arguments: ["greeting", "EHLO", "MAIL"])
  func `an endless reply ends the connection and is transient`(verb: String) async throws {
    let lines = String(repeating: "250-no end\r\n", count: 20_000)
    let line = "250-" + String(repeating: "x", count: 200_000)
    for text in [lines, line] {
      let greeting = verb == "greeting" ? "220-" + text.dropFirst(4) : text
      let outcome = try await result(SMTPScript([verb: .text(greeting)]))
      guard case .transient(let failure) = outcome else {
        Issue.record("\(outcome)")
        continue
      }
      // Before the mail libcurl reads first and gives up even sooner.
      #expect(["reply_too_long", "bad_reply", "connection_lost"].contains(failure.cause))
      if verb == "MAIL" { #expect(failure.cause == "reply_too_long") }
    }
  }

  @Test func `a reply of many lines is understood`() async throws {
    let many = (0..<60).map { "X-EXTENSION-\($0) WITH PARAMETERS" }
    let script = SMTPScript(
      ["RCPT": .text(String(repeating: "250-on and on\r\n", count: 100) + "250 2.1.5 ok")],
      extensions: many + ["SIZE 1000"])
    #expect(try await result(script) == .delivered(code: 250))
    #expect(script.commands[1] == "MAIL FROM:<noreply@app.test> SIZE=21")
  }
}
