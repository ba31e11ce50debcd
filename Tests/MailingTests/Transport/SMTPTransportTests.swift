import PasswordReset
import Synchronization
import Support
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
  private func deliver(
    _ server: MailServer, _ mail: RenderedMail, query: String = "", under lease: TestLease = .init()
  ) async throws -> DeliveryOutcome {
    let loop = try TransferLoop()
    let transport = try Sample.transport("smtp://127.0.0.1:\(server.port)\(query)", through: loop)
    let outcome = await transport.deliver(mail, under: lease)
    await loop.stop()
    return outcome
  }

  private func transport(
    _ text: String, ehloName: String = "x", smtpUTF8: Bool = false,
    perform: @escaping @Sendable (SMTPTransfer) async -> SMTPResult
  ) throws -> SMTPTransport {
    let server = try #require(try TransportURL(text).provider as? SMTP)
    return SMTPTransport(
      server.endpoint(ehloName: ehloName), timeout: server.timeout, smtpUTF8: smtpUTF8,
      perform: perform)
  }

  @Test func `a mail arrives byte for byte, with one recipient and the configured name`()
    async throws
  {
    let server = try MailServer()
    let folder = try MailFolder()
    let mail = try Sample.mailWithFiles(in: folder)
    #expect(try await deliver(server, mail) == .delivered)
    let lines = server.lines
    #expect(lines.first == "EHLO mail.example.com")
    #expect(lines.filter { $0.hasPrefix("MAIL ") } == ["MAIL FROM:<no-reply@example.com>"])
    #expect(lines.filter { $0.hasPrefix("RCPT ") } == ["RCPT TO:<ada@example.org>"])
    let data = try #require(lines.firstIndex(of: "DATA"))
    let body = try SentBody.bytes(of: MIMEMessage.body(of: mail))
    let sent = String(decoding: body, as: UTF8.self).utf8.split(
      separator: 10, omittingEmptySubsequences: false
    ).dropLast().map { String(Substring($0.dropLast())) }
    #expect(Array(lines[(data + 1)...].prefix(sent.count)) == sent)
  }

  @Test func `a lease that is lost keeps the mail from going out`() async throws {
    let server = try MailServer()
    let lease = TestLease(false)
    let outcome = try await deliver(server, Sample.mail(), under: lease)
    #expect(outcome == .transient(cause: "lease_lost", blame: .message))
    #expect(lease.questions > 0)
    #expect(!server.lines.contains(".") && !server.lines.contains { $0.hasPrefix("Subject") })
  }

  @Test(arguments: [
    (
      "RCPT", "550 5.1.1 <ada@example.org> is unknown",
      DeliveryOutcome.permanent(cause: "rcpt_550_5.1.1", isRecipient: true)
    ),
    ("RCPT", "451 4.7.1 greylisted", .transient(cause: "rcpt_451_4.7.1", blame: .message)),
    ("MAIL", "421 later", .transient(cause: "mail_421", blame: .transport)),
    (".", "554 5.7.1 spam", .permanent(cause: "message_554_5.7.1")),
  ])
  func `the cause has the reply's codes and none of its words`(
    command: String, reply: String, outcome: DeliveryOutcome
  ) async throws {
    #expect(try await deliver(MailServer([command: reply]), Sample.mail()) == outcome)
  }

  @Test func `a server that is not there is the transport's fault`() async throws {
    let port = try LoopbackServer { _ in }.port
    let loop = try TransferLoop()
    let transport = try Sample.transport("smtp://127.0.0.1:\(port)", through: loop)
    #expect(
      try await transport.deliver(Sample.mail(), under: Sample.lease)
        == .transient(cause: "connect_refused", blame: .transport))
    await loop.stop()
  }

  @Test func `a server without STARTTLS gets no mail where TLS is required`() async throws {
    let server = try MailServer()
    let loop = try TransferLoop()
    let transport = try Sample.transport(
      "smtp://u:p@127.0.0.1:\(server.port)?tls=required", through: loop)
    let outcome = try await transport.deliver(Sample.mail(), under: Sample.lease)
    await loop.stop()
    guard case .transient(let cause, .transport, nil) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(cause.hasSuffix("tls_not_offered"))
    #expect(server.lines.allSatisfy { $0.hasPrefix("EHLO") || $0 == "QUIT" || $0 == "STARTTLS" })
  }

  @Test func `a non-ASCII local part goes out only where that is configured`() async throws {
    let mail = try MessageRenderer(templates: MailTemplates(.embedded))
      .compose(Sample.letter(to: "zoë@example.org"))
    let refusing = try transport("smtps://mail.example") { _ in
      Issue.record("the network was touched")
      return .delivered(code: 250)
    }
    #expect(
      await refusing.deliver(mail, under: Sample.lease) == .permanent(cause: "address_not_ascii"))
    let sending = try transport("smtps://mail.example", smtpUTF8: true) { transfer in
      #expect(transfer.to == "zoë@example.org" && transfer.smtpUTF8)
      return .delivered(code: 250)
    }
    #expect(await sending.deliver(mail, under: Sample.lease) == .delivered)
  }

  @Test func `the URL decides endpoint and timeout, and the lease may stop the mail`() async throws
  {
    let url = "smtps://u:p%40ss@mail.example?timeout=5m&ca=/etc/ca.pem&ehlo=a.example&auth=login"
    let transport = try transport(url, ehloName: "b.example") { transfer in
      #expect(
        transfer.endpoint
          == SMTPEndpoint(
            host: "mail.example", port: 465, tls: .implicit, ehloName: "a.example",
            credentials: SMTPCredentials(username: "u", password: "p@ss", mechanism: .login),
            caFile: "/etc/ca.pem"))
      #expect(transfer.timeout == .seconds(300))
      #expect(!transfer.mayProceed())
      return .delivered(code: 250)
    }
    #expect(try await transport.deliver(Sample.mail(), under: TestLease(false)) == .delivered)
  }
}
