import PasswordReset
import Postgres
import Storage
import Testing

@Suite struct FormerSchemaTests {
  /// What tells a database of 0.1.0, whose migrations had the numbers of ours.
  private static let former = """
    CREATE SCHEMA rekey;
    CREATE TABLE rekey.schema_version (
      version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO rekey.schema_version (version, name) VALUES (1, 'reset_flow'), (2, 'delivery');
    CREATE TABLE rekey.reset_request (id uuid NOT NULL PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE rekey.reset_request_default PARTITION OF rekey.reset_request DEFAULT;
    CREATE TABLE rekey.outbox (
      id uuid PRIMARY KEY, run_at timestamptz, dead_at timestamptz, leased_until timestamptz, kind text);
    """

  @Test(arguments: [
    "", "DELETE FROM rekey.schema_version WHERE version = 2",
    "DELETE FROM rekey.schema_version; INSERT INTO rekey.schema_version VALUES (\(Migrations.newest), 'x')",
  ])
  func `a database of 0.1.0 is refused with what to do, and left as it is`(
    _ change: String
  ) async throws {
    try await TestDatabase.with(isMigrated: false) { database in
      try await database.script(Self.former + change, as: .owner)
      let before = try await SchemaDump(of: database)
      let migrator = Migrator(url: try database.url(.owner))
      let stores = Database(
        url: try database.url(.owner), applicationName: "t", keepLive: 3, logger: .silent)
      let readiness = DatabaseReadiness(stores)
      for call in [
        { _ = try await migrator.status() }, { _ = try await migrator.migrate { _ in } },
        { try await readiness.refuseFormer() },
      ] as [@Sendable () async throws -> Void] {
        let problem = await #expect(throws: DatabaseProblem.self) { try await call() }
        #expect(problem?.description.contains("rekey 0.1.0") == true)
        #expect(problem?.description.contains("DROP SCHEMA rekey CASCADE") == true)
      }
      let checks = await readiness.check()
      #expect(checks.first { $0.name == "schema" }?.problem?.contains("0.1.0") == true)
      await migrator.close()
      #expect(try await SchemaDump(of: database) == before)
    }
  }

  @Test func `operators' commands neither read nor write it`() async throws {
    try await TestDatabase.with(isMigrated: false) { database in
      try await database.script(Self.former, as: .owner)
      let url = try database.url(.owner)
      let day = WholeDuration(seconds: 86_400)
      let (dead, outbox) = (
        DeadLetters(url: url, giveUpAfter: day, keepLive: 3), OutboxSwitch(url: url)
      )
      let purger = Purger(url: url, rules: .init(olderThan: day, longestWindow: day))
      for call in [
        { _ = try await dead.find(.lowest(at: Timestamp(microseconds: 0))) },
        { _ = try await outbox.pause(reason: nil) },
        { _ = try await OutboxStatistics.read(url: url) }, { _ = try await purger.purge() },
      ] as [@Sendable () async throws -> Void] {
        let problem = await #expect(throws: DatabaseProblem.self) { try await call() }
        #expect(problem?.description.contains("rekey 0.1.0") == true)
      }
      await dead.close()
      await outbox.close()
      await purger.close()
    }
  }

  @Test func `what it says is enough`() async throws {
    try await TestDatabase.with(isMigrated: false) { database in
      try await database.script(Self.former, as: .owner)
      try await database.script("DROP SCHEMA rekey CASCADE", as: .owner)
      try await database.migrate()
      let stores = Database(
        url: try database.url(.serve), applicationName: "t", keepLive: 3, logger: .silent)
      try await DatabaseReadiness(stores).refuseFormer()
      #expect(await DatabaseReadiness(stores).check().allSatisfy { $0.problem == nil })
    }
  }

  @Test func `a database that is away or not migrated is not refused for it`() async throws {
    try await TestDatabase.with(isMigrated: false) { database in
      let away = try PostgresURL("postgresql://127.0.0.1:9/x")
      for url in [try database.url(.owner), away] {
        let stores = Database(url: url, applicationName: "t", keepLive: 3, logger: .silent)
        try await DatabaseReadiness(stores).refuseFormer()
      }
    }
  }
}
