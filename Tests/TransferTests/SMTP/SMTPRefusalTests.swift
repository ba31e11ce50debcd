import Testing
import Transfer

@Suite struct SMTPRefusalTests {
  /// The result, and how many connections there were.
  private func refusal(_ change: (inout SMTPTransfer) -> Void) async throws -> SMTPFailure? {
    let script = SMTPScript()
    let server = ScriptedServer(script.serve)
    var mail = mail(server.port)
    change(&mail)
    let result = try await withLoop { await $0.perform(mail) }
    #expect((server.accepted == 0) == (result.failure != nil))
    return result.failure
  }

  @Test(arguments: [
    "a@b.test\r\nRCPT TO:<c@d.test>", "a@b.test\n", "a@b.test\r", "a@b.test> NOTIFY=NEVER",
    "<a@b.test", "a b@c.test", "a\tb@c.test", "a\0@c.test", "a\u{7f}@c.test", "é@c.test",
  ])
  func `an address that is more than an address is refused before a connection is made`(
    address: String
  ) async throws {
    #expect(try await refusal { $0.to = address }?.cause == "recipient_refused")
    #expect(try await refusal { $0.from = address }?.cause == "sender_refused")
  }

  @Test func `an address of 254 octets is sent, of 255 and of none refused`() async throws {
    let longest = "a@" + String(repeating: "b", count: 252)
    #expect(try await refusal { $0.to = longest } == nil)
    #expect(try await refusal { $0.to = longest + "b" }?.cause == "recipient_refused")
    #expect(try await refusal { $0.to = "" }?.cause == "recipient_refused")
    #expect(try await refusal { $0.from = "" } == nil)
  }

  @Test(arguments: ["a\nb\r\n", "a\rb\r\n", "a\r", "a\r\r\n", "\na", "a\0\r\n"])
  func `a message with a broken line end or NUL is refused`(message: String) async throws {
    #expect(
      try await refusal { $0.message = TransferBody(Array(message.utf8)) }?.cause
        == "message_refused")
  }

  @Test(arguments: ["", "a b", "a/b", "a@b", "é.test", "::1x", "a\r\nb"])
  func `a host that is none is refused`(host: String) async throws {
    #expect(try await refusal { $0.endpoint.host = host }?.cause == "endpoint_refused")
  }

  @Test(arguments: ["", "a b", "a\r\nMAIL", "é"])
  func `a greeting name that is none is refused`(name: String) async throws {
    #expect(try await refusal { $0.endpoint.ehloName = name }?.cause == "endpoint_refused")
  }

  @Test func `a timeout of zero is refused, and one of more than a day`() async throws {
    #expect(try await refusal { $0.timeout = .zero }?.cause == "timeout_refused")
    #expect(try await refusal { $0.timeout = .seconds(86_400) } == nil)
    #expect(try await refusal { $0.timeout = .seconds(86_401) }?.cause == "timeout_refused")
  }

  @Test func `a non-ASCII address is sent only to a server with SMTPUTF8`() async throws {
    for extensions in [[], ["SMTPUTF8"]] {
      let script = SMTPScript(extensions: extensions)
      let server = ScriptedServer(script.serve)
      var mail = mail(server.port, to: "é@c.test")
      mail.smtpUTF8 = true
      let result = try await withLoop { [mail] in await $0.perform(mail) }
      if extensions.isEmpty {
        #expect(result.failure?.cause == "smtputf8_not_offered")
        await server.ended()
        #expect(script.verbs("MAIL") == 0)
      } else {
        #expect(result == .delivered(code: 250))
        #expect(script.commands[1] == "MAIL FROM:<noreply@app.test> SMTPUTF8")
        #expect(script.commands[2] == "RCPT TO:<é@c.test>")
      }
    }
  }

  @Test func `a greeting name arrives as configured`() async throws {
    let script = SMTPScript()
    let server = ScriptedServer(script.serve)
    var mail = mail(server.port)
    mail.endpoint.ehloName = "[127.0.0.1]%20?#/x"
    let result = try await withLoop { await $0.perform(mail) }
    #expect(result == .delivered(code: 250))
    #expect(script.commands.first == "EHLO [127.0.0.1]%20?#/x")
  }

  @Test func `neither credentials nor failures show what they were about`() {
    let credentials = SMTPCredentials(username: "user-1", password: "secret-1")
    var text = ""
    dump(credentials, to: &text)
    text += "\(credentials) \(String(reflecting: credentials))"
    #expect(!text.contains("user-1") && !text.contains("secret-1"))
    #expect(
      "\(SMTPFailure(stage: .rcpt, replyCode: 550, enhancedStatus: "5.1.1", cause: "reply_550"))"
        == "rcpt 5.1.1 reply_550")
  }
}
