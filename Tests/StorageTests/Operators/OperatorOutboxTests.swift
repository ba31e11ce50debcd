import PasswordReset
import Postgres
import Storage
import Testing

@Suite struct OperatorOutboxTests {
  @Test func `a pause begins once, and its reason can be told anew`() async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      let outbox = OutboxSwitch(url: try database.url(.ops))
      let first = try await outbox.pause(reason: nil)
      #expect(first.isNew && first.pause.reason == nil)
      try await database.moveTime(by: .seconds(60))
      let told = try await outbox.pause(reason: "provider is down")
      #expect(!told.isNew && told.pause.reason == "provider is down")
      let again = try await outbox.pause(reason: nil)
      #expect(again.pause == told.pause && again.pause.since == first.pause.since)
      let ended = try #require(try await outbox.resume())
      #expect(ended.pause == told.pause)
      #expect(ended.at == first.pause.since.advanced(bySeconds: 60))
      #expect(try await outbox.resume() == nil)
      #expect(try await database.number("SELECT count(*) FROM rekey.outbox_pause") == 0)
      await outbox.close()
    }
  }

  @Test(arguments: [(200, true), (201, false)])
  func `a reason has at most 200 bytes`(length: Int, isTaken: Bool) async throws {
    try await TestDatabase.with { database in
      let outbox = OutboxSwitch(url: try database.url(.ops))
      let reason = String(repeating: "x", count: length)
      if isTaken {
        #expect(try await outbox.pause(reason: reason).pause.reason == reason)
      } else {
        await #expect(throws: DatabaseProblem.self) { _ = try await outbox.pause(reason: reason) }
      }
      await outbox.close()
    }
  }

  @Test func `each message is counted once, by kind and state`() async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      try await database.script(Self.messages)
      let statistics = try await OutboxStatistics.read(url: try database.url(.ops))
      let link = try #require(statistics.messages[.link])
      #expect((link.due, link.waiting) == (2, 1))
      #expect((link.leased, link.stuck, link.dead) == (1, 1, 1))
      #expect(link.oldestDue == statistics.now.advanced(bySeconds: -120))
      #expect(statistics.messages[.event]?.due == 1)
      #expect(statistics.messages[.changed] == nil)
      #expect(statistics.oldestDue == statistics.now.advanced(bySeconds: -300))
      #expect(statistics.pause == nil && statistics.suppressions == 0)
    }
  }

  /// Due now and for two minutes, due in a microsecond, leased to the next microsecond, to this one,
  /// dead; and an event that is due for five minutes.
  private static let messages = """
    INSERT INTO rekey.outbox (id, request_id, kind, event, attempt, run_at, leased_until, dead_at, last_error)
    SELECT id, id, m.kind, m.event, 1, now + m.due * interval '1 us',
      now + m.lease * interval '1 us', now + m.dead * interval '1 us',
      CASE WHEN m.dead IS NOT NULL THEN 'x' END
    FROM test_clock.clock, (VALUES
      ('link', NULL, 0, NULL::int, NULL::int), ('link', NULL, -120000000, NULL, NULL),
      ('link', NULL, 1, NULL, NULL), ('link', NULL, 1, 1, NULL), ('link', NULL, 0, 0, NULL),
      ('link', NULL, 0, NULL, 0), ('event', 'request.consumed', -300000000, NULL, NULL)
    ) AS m(kind, event, due, lease, dead), LATERAL (SELECT gen_random_uuid(), m.due) AS i(id)
    """

  @Test func `statistics tell the pause, the suppressions that count, and five causes`()
    async throws
  {
    try await TestDatabase.with { database in
      try await database.stopTime()
      for (cause, count) in [("a", 1), ("b", 2), ("c", 1), ("d", 1), ("e", 1), ("f", 1)] {
        for _ in 0..<count { _ = try await database.letter(cause: cause) }
      }
      try await database.suppressSeeded(until: "clock_timestamp() + interval '1 microsecond'")
      let outbox = OutboxSwitch(url: try database.url(.ops))
      let pause = try await outbox.pause(reason: "r").pause
      await outbox.close()
      let statistics = try await OutboxStatistics.read(url: try database.url(.ops))
      #expect(statistics.pause == pause && statistics.suppressions == 1)
      #expect(statistics.causes.map(\.cause) == ["b", "a", "c", "d", "e"])
      try await database.moveTime(by: .microseconds(1))
      let later = try await OutboxStatistics.read(url: try database.url(.ops))
      #expect(later.suppressions == 0)
    }
  }

  @Test func `workers that were seen within a minute are shown with their transports`()
    async throws
  {
    try await TestDatabase.with { database in
      try await database.stopTime()
      try await database.script(
        """
        INSERT INTO rekey.transport_state
        SELECT gen_random_uuid(), t.name, t.state, 'connect', now, now - t.seen * interval '1 us'
        FROM test_clock.clock, (VALUES
          ('1-smtp', 'open', 59999999), ('2-ses', 'closed', 60000000)) AS t(name, state, seen)
        """)
      let statistics = try await OutboxStatistics.read(url: try database.url(.ops))
      #expect(statistics.transports.map(\.name) == ["1-smtp"])
      #expect(statistics.transports.first?.state == "open")
      #expect(statistics.transports.first?.cause == "connect")
    }
  }
}
