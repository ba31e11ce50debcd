import MailSink
import Synchronization
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
      #expect(mail.id == 1 && mail.connection == 1 && mail.clientName == "client.test")
      #expect(mail.envelopeFrom == "from@b.test")
      #expect(mail.parameters == ["SIZE=20", "BODY=8BITMIME"])
      #expect(mail.recipients.map(\.address) == ["One@b.test", "\"two words\"@b.test"])
      #expect(mail.data == Array("A: b\r\n\r\n.x\r\n".utf8))
      #expect(mail.receivedAt == 1_700_000_000_123)
      #expect(mail.isAddressed(to: "one@B.TEST") && !mail.isAddressed(to: "two@b.test"))
      #expect("\(mail)" == "mail 1 on connection 1: 2 recipients, 12 octets")
    }
  }

  @Test func `next hands out each mail once, the oldest first`() async throws {
    try await withSession { sink, client in
      try await client.mail(to: "a@b.test")
      try await client.mail(to: "c@b.test")
      try await client.mail(to: "a@b.test")
      #expect(try await sink.next(to: "c@b.test").id == 2)
      #expect(try await sink.next().id == 1)
      #expect(try await sink.next(to: "A@b.test").id == 3)
      await #expect(throws: MailSinkError.timedOut) { try await sink.next(within: .zero) }
      #expect(sink.mails.map(\.id) == [1, 2, 3])
    }
  }

  @Test func `next waits for a mail that matches`() async throws {
    try await withSession { sink, client in
      async let waited = sink.next(to: "late@b.test", within: .seconds(30))
      try await client.mail(to: "early@b.test")
      try await client.mail(to: "late@b.test")
      #expect(try await waited.id == 2)
      #expect(try await sink.next().id == 1)
    }
  }

  @Test func `a wait ends with its task and with the sink`() async throws {
    try await withSink { sink in
      let task = Task { try await sink.next(within: .seconds(50)) }
      task.cancel()
      await #expect(throws: MailSinkError.cancelled) { try await task.value }
      let other = Task { try await sink.next(within: .seconds(50)) }
      await sink.stop()
      await #expect(throws: MailSinkError.stopped) { try await other.value }
    }
  }

  @Test func `observers hear of a mail before its client does`() async throws {
    try await withSession { sink, client in
      let heard = Mutex<[Int]>([])
      sink.onMail { mail in heard.withLock { $0.append(mail.id) } }
      try await client.mail(to: "a@b.test")
      #expect(heard.withLock { $0 } == [1])
    }
  }

  @Test func `the oldest mails go when there are too many`() async throws {
    try await withSession(.init(storeLimit: 2)) { sink, client in
      for _ in 1...3 { try await client.mail(to: "a@b.test") }
      #expect(sink.mails.map(\.id) == [2, 3])
      #expect(try await sink.next().id == 2)
      sink.removeAll()
      #expect(sink.mails.isEmpty)
      try await client.mail(to: "a@b.test")
      #expect(sink.mails.map(\.id) == [4])
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

  @Test func `a stopped sink comes back on its port with its mails`() async throws {
    try await withSink { sink in
      let port = sink.port
      #expect(port > 0)
      try await withClient(of: sink) { client in
        try await client.greet()
        try await client.mail(to: "a@b.test")
      }
      await sink.stop()
      await #expect(throws: (any Error).self) { try await withClient(of: sink) { _ in } }
      try await sink.start()
      #expect(sink.port == port && sink.mails.count == 1)
      try await withClient(of: sink) { try await $0.greet() }
    }
  }

  @Test func `a taken port is a clear error`() async throws {
    try await withSink { sink in
      let second = MailSink(configuration: .init(port: sink.port))
      await #expect(throws: MailSinkError.cannotListen(host: "127.0.0.1", port: sink.port)) {
        try await second.start()
      }
    }
  }
}
