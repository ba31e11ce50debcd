import PasswordReset
import Synchronization
import Testing
import Transfer

@testable import Mailing

/// Plays a mail server and notes what it is told.
private final class MailServer: Sendable {
  private final class Log: Sendable {
    let lines = Mutex<[String]>([])
  }

  private let log = Log()
  private let server: LoopbackServer

  /// - Parameter replies: by the first word of a command; `.` is the end of the mail.
  init(_ replies: [String: String] = [:]) throws {
    let log = log
    server = try LoopbackServer { connection in
      connection.send("220 sink\r\n")
      while let line = connection.line() {
        log.lines.withLock { $0.append(line) }
        let word = String(line.prefix { $0 != " " && $0 != ":" }).uppercased()
        let usual = ["EHLO": "250 sink", "DATA": "354 go on", "QUIT": "221 bye"][word] ?? "250 ok"
        connection.send((replies[word] ?? usual) + "\r\n")
        if word == "QUIT" { return }
        guard word == "DATA", replies["DATA"] == nil else { continue }
        while let line = connection.line(), line != "." { log.lines.withLock { $0.append(line) } }
        connection.send((replies["."] ?? "250 taken") + "\r\n")
      }
    }
  }

  var lines: [String] { log.lines.withLock { $0 } }
  var port: UInt16 { server.port }
}

struct SMTPTransportTests {
  private func mail(to: String = "ada@example.org") throws -> RenderedMail {
    try MessageRenderer(templates: Templates(.embedded)).compose(Sample.letter(to: to))
  }

  private func deliver(_ server: MailServer, _ mail: RenderedMail) async throws -> DeliveryOutcome {
    let loop = try TransferLoop()
    let transport = SMTPTransport(
      try TransportURL("smtp://127.0.0.1:\(server.port)"), ehloName: "mail.example.com",
      through: loop)
    let outcome = await transport.deliver(mail)
    await loop.stop()
    return outcome
  }

  @Test func `a mail arrives byte for byte, with one recipient and the configured name`()
    async throws
  {
    let server = try MailServer()
    let mail = try mail()
    #expect(try await deliver(server, mail) == .delivered)
    let lines = server.lines
    #expect(lines.first == "EHLO mail.example.com")
    #expect(lines.filter { $0.hasPrefix("MAIL ") } == ["MAIL FROM:<no-reply@example.com>"])
    #expect(lines.filter { $0.hasPrefix("RCPT ") } == ["RCPT TO:<ada@example.org>"])
    let data = try #require(lines.firstIndex(of: "DATA"))
    let sent = try ReceivedMail.lines(mail.bytes)
    #expect(Array(lines[(data + 1)...].prefix(sent.count)) == sent)
  }

  @Test(arguments: [
    (
      "RCPT", "550 5.1.1 <ada@example.org> is unknown",
      DeliveryOutcome.permanent(cause: "rcpt_550_5.1.1")
    ),
    ("RCPT", "451 4.7.1 greylisted", .transient(cause: "rcpt_451_4.7.1")),
    ("MAIL", "421 later", .transient(cause: "mail_421")),
    (".", "554 5.7.1 spam", .permanent(cause: "message_554_5.7.1")),
  ])
  func `the cause has the reply's codes and none of its words`(
    command: String, reply: String, outcome: DeliveryOutcome
  ) async throws {
    #expect(try await deliver(MailServer([command: reply]), mail()) == outcome)
  }

  @Test func `a server that is not there is a fault that passes`() async throws {
    let port = try LoopbackServer { _ in }.port
    let loop = try TransferLoop()
    let transport = SMTPTransport(
      try TransportURL("smtp://127.0.0.1:\(port)"), ehloName: "x", through: loop)
    #expect(try await transport.deliver(mail()) == .transient(cause: "connect_refused"))
    await loop.stop()
  }

  @Test func `a server without STARTTLS gets no mail where TLS is required`() async throws {
    let server = try MailServer()
    let loop = try TransferLoop()
    let transport = SMTPTransport(
      try TransportURL("smtp://u:p@127.0.0.1:\(server.port)?tls=required"), ehloName: "x",
      through: loop)
    let outcome = try await transport.deliver(mail())
    await loop.stop()
    guard case .transient(let cause) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(cause.hasSuffix("tls_not_offered"))
    #expect(server.lines.allSatisfy { $0.hasPrefix("EHLO") || $0 == "QUIT" || $0 == "STARTTLS" })
  }

  @Test(arguments: [
    (SMTPResult.delivered(code: 250), DeliveryOutcome.delivered),
    (.transient(SMTPFailure(stage: .connect, cause: "dns")), .transient(cause: "connect_dns")),
    (.transient(SMTPFailure(stage: .auth, cause: "auth_failed")), .transient(cause: "auth_failed")),
    (
      .uncertain(SMTPFailure(stage: .message, cause: "timeout")),
      .uncertain(cause: "message_timeout")
    ),
    (
      .permanent(SMTPFailure(stage: .data, replyCode: 552, cause: "reply_552")),
      .permanent(cause: "data_552")
    ),
    (
      .permanent(
        SMTPFailure(stage: .rcpt, cause: "\r\n<é@x>" + String(repeating: "x", count: 200))),
      .permanent(cause: "rcpt_x" + String(repeating: "x", count: 94))
    ),
  ])
  func `every result has its outcome, with a short cause`(
    result: SMTPResult, outcome: DeliveryOutcome
  ) async throws {
    let transport = SMTPTransport(try TransportURL("smtps://mail.example"), ehloName: "x") { _ in
      result
    }
    #expect(try await transport.deliver(mail()) == outcome)
  }

  @Test func `a non-ASCII local part goes out only where that is configured`() async throws {
    let mail = try mail(to: "zoë@example.org")
    let url = try TransportURL("smtps://mail.example")
    let refusing = SMTPTransport(url, ehloName: "x") { _ in
      Issue.record("the network was touched")
      return .delivered(code: 250)
    }
    #expect(await refusing.deliver(mail) == .permanent(cause: "address_not_ascii"))
    let sending = SMTPTransport(url, ehloName: "x", smtpUTF8: true) { transfer in
      #expect(transfer.to == "zoë@example.org" && transfer.smtpUTF8)
      return .delivered(code: 250)
    }
    #expect(await sending.deliver(mail) == .delivered)
  }

  @Test func `the URL decides endpoint and timeout`() async throws {
    let url = try TransportURL(
      "smtps://u:p%40ss@mail.example?timeout=5m&ca=/etc/ca.pem&ehlo=a.example")
    let transport = SMTPTransport(url, ehloName: "b.example") { transfer in
      #expect(
        transfer.endpoint
          == SMTPEndpoint(
            host: "mail.example", port: 465, tls: .implicit, ehloName: "a.example",
            credentials: SMTPCredentials(username: "u", password: "p@ss"), caFile: "/etc/ca.pem"))
      #expect(transfer.timeout == .seconds(300))
      return .delivered(code: 250)
    }
    #expect(try await transport.deliver(mail()) == .delivered)
  }
}
