import Testing
import Transfer

@Suite struct SMTPStepTests {
  private func result(
    _ port: UInt16, step: Duration, total: Duration = .seconds(3600), message: String? = nil
  ) async throws -> SMTPResult {
    var mail = mail(port, timeout: total)
    mail.stepTimeout = step
    if let message { mail.message = TransferBody(Array(message.utf8)) }
    return try await withLoop { [mail] in await $0.perform(mail) }
  }

  @Test(arguments: ["greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA"])
  func `a step without an answer ends the mail before its whole time is over`(verb: String)
    async throws
  {
    let script = SMTPScript([verb: .hang], extensions: ["STARTTLS", "AUTH PLAIN"])
    let server = ScriptedServer(script.serve)
    var mail = mail(server.port, timeout: .seconds(3600))
    mail.stepTimeout = .patience
    if verb == "STARTTLS" { mail.endpoint.tls = .required }
    if verb == "AUTH" {
      mail.endpoint.credentials = SMTPCredentials(username: "u", password: "p")
    }
    let start = ContinuousClock.now
    let result = try await withLoop { [mail] in await $0.perform(mail) }
    guard case .transient(let failure) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(failure.cause == "timeout")
    #expect(failure.stage.rawValue == verb.lowercased())
    #expect(ContinuousClock.now - start >= .patience)
  }

  @Test func `a server that answers a little of a reply at a time has not answered`()
    async throws
  {
    let server = ScriptedServer { peer in
      SMTPScript().serve(peer, until: "EHLO")
      while peer.write("250-wait\r\n"), !peer.hasEnded(within: 20) {}
    }
    #expect(
      try await result(server.port, step: .patience) == .transient(.mail, "timeout"))
  }

  @Test func `a server that takes its time for every step but answers is waited for`()
    async throws
  {
    let script = SMTPScript()
    let server = ScriptedServer { peer in
      let slow = Peer(input: peer.input, output: peer.output, number: 0, delay: 500)
      script.serve(slow)
    }
    // Six answers of 500 ms each take longer than one step may.
    #expect(
      try await result(server.port, step: .milliseconds(2500)) == .delivered(code: 250))
  }

  @Test func `a server that stops taking the message ends it as transient`() async throws {
    let server = ScriptedServer { peer in
      SMTPScript().serve(peer, until: "RCPT")
      _ = peer.readLine()
      peer.write("354 go on\r\n")
      _ = peer.hasEnded()
    }
    let message = String(repeating: "0123456789\r\n", count: 2_000_000)
    #expect(
      try await result(server.port, step: .patience, message: message)
        == .transient(.message, "timeout"))
  }

  @Test func `after the final dot only the whole time counts`() async throws {
    let server = ScriptedServer(SMTPScript([".": .hang]).serve)
    let start = ContinuousClock.now
    let result = try await result(
      server.port, step: .patience, total: .patience * 2)
    #expect(result == .uncertain(SMTPFailure(stage: .message, cause: "timeout")))
    #expect(ContinuousClock.now - start >= .patience * 2)
  }

  @Test func `a step of no time is refused, and one of more than a day`() async throws {
    let server = ScriptedServer(SMTPScript().serve)
    #expect(try await result(server.port, step: .zero).failure?.cause == "timeout_refused")
    #expect(try await result(server.port, step: .seconds(86_400)) == .delivered(code: 250))
    #expect(
      try await result(server.port, step: .seconds(86_401)).failure?.cause == "timeout_refused")
  }
}
