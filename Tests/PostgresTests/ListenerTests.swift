import Postgres
import Testing

@Suite struct ListenerTests {
  private static let notify = Statement(
    name: "notify", sql: "SELECT pg_notify($1::text, $2::text)")

  private func channel() -> String { "weiß \"\(UInt64.random(in: 0...(.max)))\"" }

  /// A listener and the stream of what it reports.
  private func listen(
    _ channel: String, application: String
  ) throws -> (Listener, AsyncStream<Listener.Event>) {
    let (stream, continuation) = AsyncStream.makeStream(of: Listener.Event.self)
    let listener = try Listener(TestDatabase.settings(application: application), channel: channel) {
      continuation.yield($0)
    }
    return (listener, stream)
  }

  @Test func `a notification is heard with its payload`() async throws {
    let channel = channel()
    let (listener, stream) = try listen(channel, application: "postgres-tests")
    var events = stream.makeAsyncIterator()
    #expect(await events.next() == .listening)
    try await TestDatabase.withSession { session in
      for payload in ["", "größe"] {
        try await session.execute(
          Self.notify, [.text(channel), .text(payload)], within: generous)
        #expect(await events.next() == .notification(payload: payload))
      }
    }
    await listener.stop()
  }

  @Test func `stop is prompt while the listener waits`() async throws {
    let (listener, stream) = try listen(channel(), application: "postgres-tests")
    var events = stream.makeAsyncIterator()
    #expect(await events.next() == .listening)
    let start = ContinuousClock.now
    await listener.stop()
    await listener.stop()
    #expect(ContinuousClock.now - start < .seconds(1))
  }

  @Test func `stop is prompt while the server cannot be reached`() async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: Listener.Event.self)
    let settings = PostgresSettings(
      url: try PostgresURL("postgres://u@127.0.0.1:1/d"), applicationName: "postgres-tests")
    let listener = try Listener(settings, channel: "c") { continuation.yield($0) }
    var events = stream.makeAsyncIterator()
    for _ in 0..<2 {
      guard case .interrupted(.unavailable) = await events.next() else { throw NothingThrown() }
    }
    let start = ContinuousClock.now
    await listener.stop()
    #expect(ContinuousClock.now - start < .seconds(1))
  }

  @Test func `a listener whose backend was terminated listens again and says so`() async throws {
    let channel = channel()
    let application = "listener-\(UInt32.random(in: 0...(.max)))"
    let (listener, stream) = try listen(channel, application: application)
    var events = stream.makeAsyncIterator()
    #expect(await events.next() == .listening)
    try await TestDatabase.withSession { session in
      let kill = Statement(
        name: "kill",
        sql: """
          SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
          WHERE application_name = $1::text
          """)
      let killed = try await session.execute(kill, [.text(application)], within: generous)
      #expect(killed.count == 1)
      guard case .interrupted(let error) = await events.next() else { throw NothingThrown() }
      #expect(error.isTransient)
      #expect(await events.next() == .listening)
      try await session.execute(Self.notify, [.text(channel), .text("again")], within: generous)
      #expect(await events.next() == .notification(payload: "again"))
    }
    await listener.stop()
  }

  @Test func `a dropped listener ends its connection`() async throws {
    let application = "listener-\(UInt32.random(in: 0...(.max)))"
    var listening: (Listener, AsyncStream<Listener.Event>)? = try listen(
      channel(), application: application)
    var events = listening?.1.makeAsyncIterator()
    #expect(await events?.next() == .listening)
    listening = nil
    let count = Statement(
      name: "count",
      sql: "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = $1::text")
    try await TestDatabase.withSession { session in
      let end = ContinuousClock.now + .seconds(10)
      var left = 1
      while left > 0, ContinuousClock.now < end {
        left = try await session.execute(count, [.text(application)], within: generous)
          .only().int("n")
      }
      #expect(left == 0)
    }
  }

  @Test(arguments: [(1, true), (63, true), (64, false), (0, false)])
  func `a channel name has 1 to 63 bytes`(length: Int, fits: Bool) async throws {
    let settings = PostgresSettings(
      url: try PostgresURL("postgres://u@127.0.0.1:1/d"), applicationName: "postgres-tests")
    let listener = try? Listener(settings, channel: String(repeating: "c", count: length)) { _ in }
    #expect((listener != nil) == fits)
    await listener?.stop()
  }
}
