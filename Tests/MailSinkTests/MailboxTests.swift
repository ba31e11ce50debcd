import MailSink
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MailboxTests {
  @Test func `a mail keeps its envelope and its bytes`() async throws {
    var configuration = MailSink.Configuration()
    configuration.now = { 1_700_000_000_123 }
    try await withSession(configuration) { sink, client in
      try await client.command("MAIL FROM:<from@b.test> SIZE=20 BODY=8BITMIME")
      try await client.command("RCPT TO:<One@b.test>")
      try await client.command("RCPT TO:<\"two words\"@b.test>")
      try await client.command("DATA")
      #expect(try await client.command("A: b\r\n\r\n..x\r\n.") == 250)
      let mail = try #require(sink.mails.first)
      #expect(mail.id == 1 && mail.envelopeFrom == "from@b.test")
      #expect(mail.recipients == ["One@b.test", "\"two words\"@b.test"])
      #expect(mail.data == Array("A: b\r\n\r\n.x\r\n".utf8))
      #expect(mail.receivedAt == 1_700_000_000_123)
      #expect("\(mail)" == "mail 1: 2 recipients, 12 octets")
    }
  }

  @Test func `the oldest mails go when there are too many`() async throws {
    var configuration = MailSink.Configuration()
    configuration.storeLimit = 2
    try await withSession(configuration) { sink, client in
      for _ in 1...3 { try await client.mail(to: "a@b.test") }
      #expect(sink.mails.map(\.id) == [2, 3])
    }
  }

  @Test(arguments: [(40, [1, 2]), (39, [2]), (1, [2])])
  func `the oldest mails go when they are too large together`(
    octets: Int, kept: [Int]
  ) async throws {
    var configuration = MailSink.Configuration()
    configuration.storeOctets = octets
    try await withSession(configuration) { sink, client in
      for _ in 1...2 { try await client.mail(to: "a@b.test", text: "0123456789 1234567\r\n") }
      #expect(sink.mails.map(\.id) == kept)
    }
  }

  @Test func `a stop ends every connection, and nobody gets in any more`() async throws {
    try await withSession { sink, client in
      let port = sink.port
      #expect(port > 0)
      try await client.beginMail(to: "a@b.test")
      await sink.stop()
      await #expect(throws: SMTPClient.Closed.self) { try await client.reply() }
      #expect(sink.mails.isEmpty)
      await #expect(throws: (any Error).self) { try await withClient(of: sink) { _ in } }
    }
  }

  @Test func `a taken port is a clear error`() async throws {
    try await withSink { sink in
      let second = MailSink(configuration: .init(port: sink.port))
      await #expect(throws: MailSink.Problem.cannotListen(host: "127.0.0.1", port: sink.port)) {
        try await second.start()
      }
    }
  }
}
