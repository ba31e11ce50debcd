import PasswordReset
import Postgres
import StoreContract
import Testing

@testable import Storage

/// Floods that cost the database nothing, and hands that take a limit back.
@Suite struct LimitMemoryTests {
  /// A store whose address is known to be limited.
  private func withRefused(
    _ ask: Ask = Ask(),
    _ body: (TestDatabase, PostgresStore, StoreContract) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      let store = try await PostgresStore(database, belief: .seconds(600))
      let contract = try store.contract
      while try await !contract.record(ask).isLimited {}
      try await body(database, store, contract)
    }
  }

  @Test func `a flood on one address or one client is refused without the database`() async throws {
    let ask = Ask().with(\.client, "192.0.2.1").with(\.clientLimits, "2/1h")
    try await withRefused(ask) { database, _, contract in
      // Whoever asks the database fails.
      try await database.script("ALTER TABLE rekey.rate_limit RENAME TO gone")
      for email in ["ada@example.com", "cy@example.com", "di@example.com"] {
        #expect(try await contract.record(ask.with(\.email, email)).isLimited)
      }
      await #expect(throws: ResetError.unavailable) { try await contract.record(Ask("eve@b.c")) }
    }
  }

  private static let hands = [
    "DELETE FROM rekey.rate_limit", "TRUNCATE rekey.rate_limit",
    "UPDATE rekey.rate_limit SET stamps = '{}'",
    "UPDATE rekey.rate_limit SET stamps = stamps[2:]",
    "UPDATE rekey.rate_limit SET stamps = stamps[1:1]",
    """
    UPDATE rekey.rate_limit SET stamps =
      ARRAY(SELECT s - interval '1 hour' FROM unnest(stamps) s ORDER BY s DESC)
    """,
  ]

  @Test(arguments: hands)
  func `a limit taken back by hand is heard, whatever the hand`(statement: String) async throws {
    try await withRefused { database, store, contract in
      let listener = try LimitResetListener(store.serving, store.refusals)
      // It hears from now on.
      try await passed(store.refusals, 0)
      while try await !contract.record(Ask()).isLimited {}
      let resets = store.refusals.resets
      try await database.script(statement, as: statement.hasPrefix("TRUNCATE") ? .owner : .ops)
      try await passed(store.refusals, resets)
      _ = try await contract.accept()
      await listener.stop()
    }
  }

  @Test func `acceptances and refusals say nothing`() async throws {
    try await TestDatabase.with { database in
      let heard = Told<Listener.Event>()
      let store = try await PostgresStore(database)
      let listener = try Listener(
        PostgresSettings(url: try database.url(.superuser), applicationName: "test"),
        channel: "rekey_limits"
      ) { heard.add($0) }
      while heard.all.isEmpty { await Task.yield() }
      let contract = try store.contract
      let ask = Ask().with(\.client, "192.0.2.1")
      for limits in ["1/1s", "3/15m", "1000/30d"] {
        for _ in 0..<5 { _ = try await contract.record(ask.with(\.addressLimits, limits)) }
      }
      try await database.script("SELECT pg_notify('rekey_limits', 'last')")
      while heard.all.count < 2 { await Task.yield() }
      #expect(heard.all == [.listening, .notification(payload: "last")])
      await listener.stop()
    }
  }

  @Test func `all is forgotten when nothing can be heard any more`() async throws {
    try await withRefused { database, store, _ in
      let listener = try LimitResetListener(store.serving, store.refusals)
      try await passed(store.refusals, 0)
      let resets = store.refusals.resets
      try await database.script(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%'
        """)
      // Once for the loss, once for hearing anew.
      try await passed(store.refusals, resets + 1)
      await listener.stop()
    }
  }

  private func passed(_ refusals: KnownRefusals, _ resets: Int) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while refusals.resets <= resets, .now < end { await Task.yield() }
    try #require(refusals.resets > resets, "no reset was heard")
  }

  @Test func `times past thirty days go, and never are there more than a thousand`() async throws {
    try await TestDatabase.with { database in
      let contract = try await PostgresStore(database).contract
      let ask = Ask().with(\.addressLimits, "1/1s")
      _ = try await contract.accept(ask)
      for (age, step, left) in [("30 days", "1 minute", 1), ("29 days", "1 second", 1000)] {
        try await database.script(
          """
          UPDATE rekey.rate_limit SET stamps = ARRAY(
            SELECT clock_timestamp() - interval '\(age)' - n * interval '\(step)'
            FROM generate_series(1, 1500) n)
          """)
        _ = try await contract.accept(ask)
        #expect(
          try await database.number("SELECT cardinality(stamps) FROM rekey.rate_limit") == left)
      }
    }
  }
}
