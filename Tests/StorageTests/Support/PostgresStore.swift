import Logging
import PasswordReset
import Postgres
import StoreContract
import Synchronization
import Testing

@testable import Storage

/// The store as production runs it on a test's database: `serve` and `work` with a login each.
struct PostgresStore: Sendable {
  let store: Store
  let serving: Database
  let working: Database
  let refusals: KnownRefusals
  private let database: TestDatabase
  private let readiness: [DatabaseReadiness]
  private let stoppedTime: StoppedTime?

  /// - Parameter belief: for how long a refusal is believed.
  init(
    _ database: TestDatabase, _ settings: StoreSettings = StoreSettings(),
    belief: Duration = .seconds(1)
  ) async throws {
    self.database = database
    serving = Database(
      url: try database.url(.serve), applicationName: "serve", keepLive: settings.keepLive,
      logger: .silent)
    working = Database(
      url: try database.url(.work), applicationName: "work", keepLive: settings.keepLive,
      logger: .silent)
    readiness = [DatabaseReadiness(serving), DatabaseReadiness(working)]
    stoppedTime = try await database.isTimeStopped ? StoppedTime() : nil
    refusals = KnownRefusals(clock: stoppedTime ?? serving.time, belief: belief)
    let tokens = StoredTokens(serving)
    let hooks = StoredSuppressions(serving)
    store = Store(
      recorder: RequestWriter(
        serving, lifetime: settings.lifetime, refusals: refusals
      ) {},
      reader: StoredRequests(serving), consumer: tokens, revoker: tokens, completer: tokens,
      outbox: StoredOutbox(
        working,
        settings: .init(
          lease: settings.lease, lifetime: settings.lifetime, giveUpAfter: settings.giveUpAfter)),
      suppressions: StoredSuppressions(working), reports: hooks, clock: serving.time)
    try await look()
  }

  /// As a process does now and then: opens the stores and reads the database's clock.
  func look() async throws {
    for readiness in readiness {
      let problems = await readiness.check().compactMap(\.problem)
      try #require(problems == [])
    }
    if let stoppedTime {
      let row = try await database.query("SELECT now FROM test_clock.clock").only()
      stoppedTime.set(Timestamp(microseconds: try row.timestamp("now")))
    }
  }

  func moveTime(by duration: Duration) async throws {
    try await database.moveTime(by: duration)
    try await look()
  }

  var contract: StoreContract {
    get throws { try StoreContract(store) { try await moveTime(by: $0) } }
  }
}

/// The database's clock while a test has stopped it.
private final class StoppedTime: DatabaseClock {
  private let last = Mutex(Timestamp(microseconds: 0))

  func now() -> Timestamp { last.withLock { $0 } }

  func set(_ now: Timestamp) { last.withLock { $0 = now } }
}

extension Logger {
  static let silent = Logger(label: "storage-tests") { _ in SwiftLogNoOpLogHandler() }
}

/// A clock that stands still until a test moves it.
///
/// The production SQL says `clock_timestamp()`; with this schema before pg_catalog in the search
/// path, that is a function of the test's, and so is what a column defaults to. So boundaries are
/// tried to the microsecond, unhurried.
extension TestDatabase {
  func stopTime() async throws {
    try await script(
      """
      CREATE SCHEMA test_clock;
      CREATE TABLE test_clock.clock (now timestamptz NOT NULL);
      INSERT INTO test_clock.clock VALUES (pg_catalog.clock_timestamp());
      CREATE FUNCTION test_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT now FROM test_clock.clock';
      CREATE FUNCTION test_clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
        AS 'SELECT now FROM test_clock.clock';
      ALTER TABLE rekey.outbox ALTER COLUMN queued_at SET DEFAULT test_clock.clock_timestamp();
      GRANT USAGE ON SCHEMA test_clock TO PUBLIC;
      GRANT SELECT ON test_clock.clock TO PUBLIC;
      ALTER DATABASE \(name) SET search_path = test_clock, pg_catalog;
      """)
  }

  var isTimeStopped: Bool {
    get async throws {
      try await number("SELECT (to_regclass('test_clock.clock') IS NOT NULL)::int") == 1
    }
  }

  func moveTime(by duration: Duration) async throws {
    let (seconds, attoseconds) = duration.components
    try await query(
      "UPDATE test_clock.clock SET now = now + $1::text::interval",
      [.text("\(seconds * 1_000_000 + attoseconds / 1_000_000_000_000) microseconds")])
  }
}
