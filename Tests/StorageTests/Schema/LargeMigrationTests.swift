import PasswordReset
import Postgres
import Testing

@testable import Storage

/// A further migration of the tests' own, on a table of their own.
@Suite struct LargeMigrationTests {
  private static let batch = 100_000

  private static let notes = Migration(
    version: Migrations.newest + 1, name: "notes",
    sql: """
      -- Notes have a half.
      -- locks: rekey.note ACCESS EXCLUSIVE, milliseconds, and a second while it is looked through
      -- locks: rekey.note ROW EXCLUSIVE, a second for each batch
      -- step: add the column
      ALTER TABLE rekey.note ADD COLUMN half integer;
      -- batch: fill it
      UPDATE rekey.note n SET half = n.id / 2
      WHERE n.id IN (SELECT m.id FROM rekey.note m WHERE m.half IS NULL ORDER BY m.id LIMIT \(batch));
      -- step: demand it
      ALTER TABLE rekey.note ALTER COLUMN half SET NOT NULL;
      """)

  /// What a migrator did to its end.
  private struct Run: Sendable {
    let result: Result<[String], DatabaseProblem>
    let told: [MigrationProgress]
  }

  private func migrate(
    _ database: TestDatabase, _ further: Migration = notes,
    _ patience: Migrator.Patience = .init(
      lockTimeout: .seconds(60), pause: .milliseconds(10), tries: 1),
    told: Told<MigrationProgress> = Told()
  ) async throws -> Run {
    let migrator = Migrator(
      url: try database.url(.owner), migrations: Migrations.all + [further], patience: patience)
    let result: Result<[String], DatabaseProblem>
    do { result = .success(try await migrator.migrate { told.add($0) }) } catch {
      result = .failure(error)
    }
    await migrator.close()
    return Run(result: result, told: told.all)
  }

  private func status(
    _ database: TestDatabase, _ further: Migration = notes
  ) async throws -> Migrator.Status {
    let migrator = Migrator(
      url: try database.url(.owner), migrations: Migrations.all + [further])
    let status = try await migrator.status()
    await migrator.close()
    return status
  }

  private func with(
    rows: Int, _ body: (TestDatabase) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await database.script(
        """
        CREATE TABLE rekey.note (id integer PRIMARY KEY) WITH (fillfactor = 50);
        INSERT INTO rekey.note SELECT generate_series(1, \(rows));
        """, as: .owner)
      try await body(database)
    }
  }

  private func expectAllDone(
    _ database: TestDatabase, rows: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let filled = try await database.number("SELECT count(*) FROM rekey.note WHERE half = id / 2")
    #expect(filled == rows, sourceLocation: sourceLocation)
    let status = try await status(database)
    #expect(status.applied == Self.notes.version, sourceLocation: sourceLocation)
    #expect(status.pending.isEmpty && status.begun == nil, sourceLocation: sourceLocation)
    let left = "SELECT count(*) FROM pg_tables WHERE tablename = 'migration_progress'"
    #expect(try await database.number(left) == 0, sourceLocation: sourceLocation)
  }

  /// What is told of the batches, from so many rows to all.
  private func batches(from done: Int, to rows: Int) -> [MigrationPlace] {
    (stride(from: done, to: rows, by: Self.batch) + [rows]).map {
      MigrationPlace(step: 1, rows: $0)
    }
  }

  @Test func `rows are changed in batches, and what is done is told after each`() async throws {
    let rows = Self.batch * 5 / 2
    try await with(rows: rows) { database in
      #expect(try await status(database).pending == [Self.notes])
      let run = try await migrate(database)
      #expect(try run.result.get() == [Self.notes.label])
      #expect(
        run.told.map(\.place)
          == [MigrationPlace()] + batches(from: 0, to: rows) + [MigrationPlace(step: 2)])
      #expect(run.told.allSatisfy { $0.wait == nil })
      try await expectAllDone(database, rows: rows)
      #expect(try await migrate(database).result.get() == [])
    }
  }

  @Test func `a migrator of a million rows that is killed leaves whole batches, the next goes on`()
    async throws
  {
    let (rows, done) = (1_000_000, 2 * Self.batch)
    try await with(rows: rows) { database in
      // A row in the middle of a batch is not changed before the lock that it asks for is free.
      try await database.script(
        """
        CREATE FUNCTION rekey.wait() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END';
        CREATE TRIGGER waits BEFORE UPDATE ON rekey.note FOR EACH ROW WHEN (NEW.id = \(done + 50))
          EXECUTE FUNCTION rekey.wait();
        """)
      try await database.withSession { gate in
        let close = Statement(name: "close", sql: "SELECT pg_advisory_lock(7)::text AS void")
        try await gate.execute(close, within: generous)
        let told = Told<MigrationProgress>()
        async let run = migrate(database, told: told)
        let kill = """
          SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'rekey migrate'
            AND wait_event = 'advisory' AND query LIKE 'UPDATE rekey.note %'
          """
        while try await database.number(kill) == 0 {
          try #require(told.all.allSatisfy { $0.place.rows <= done }, "nothing held it up")
        }
        let killed = try await run
        #expect(throws: DatabaseProblem.self) { try killed.result.get() }
      }
      let filled = "SELECT count(*) FROM rekey.note WHERE half IS NOT NULL"
      #expect(try await database.number(filled) == done)
      let between = try await status(database)
      #expect(between.applied == Migrations.newest && between.pending == [Self.notes])
      #expect(between.begun == MigrationPlace(step: 1, rows: done))
      // Services of the version before take no notice.
      let before = Database(
        url: try database.url(.serve), applicationName: "t", keepLive: 3, logger: .silent)
      #expect(await DatabaseReadiness(before).check().allSatisfy { $0.problem == nil })

      let run = try await migrate(database)
      #expect(try run.result.get() == [Self.notes.label])
      #expect(
        run.told.map(\.place) == batches(from: done, to: rows) + [MigrationPlace(step: 2)])
      try await expectAllDone(database, rows: rows)
    }
  }

  @Test func `a lock is waited for a moment at a time, and others get theirs in between`()
    async throws
  {
    try await with(rows: 10) { database in
      try await database.holding("SELECT FROM rekey.note WHERE id = 1") { release in
        let told = Told<MigrationProgress>()
        let patience = Migrator.Patience(
          lockTimeout: .milliseconds(50), pause: .milliseconds(50), tries: 1_000_000)
        async let run = migrate(database, Self.notes, patience, told: told)
        while told.all.count(where: { $0.wait == .lock }) < 3 {
          #expect(try await database.number("SELECT count(*) FROM rekey.note") == 10)
        }
        #expect(told.all.allSatisfy { $0.place == MigrationPlace() })
        try await release()
        #expect(try await run.result.get() == [Self.notes.label])
      }
      try await expectAllDone(database, rows: 10)
    }
  }

  @Test func `a migrator that never gets its lock gives up and has changed nothing`() async throws {
    try await with(rows: 10) { database in
      let before = try await SchemaDump(of: database)
      try await database.holding("SELECT FROM rekey.note WHERE id = 1") { _ in
        let run = try await migrate(
          database, Self.notes,
          .init(lockTimeout: .milliseconds(20), pause: .milliseconds(1), tries: 3))
        let problem = #expect(throws: DatabaseProblem.self) { try run.result.get() }
        #expect(problem?.description.contains("given up after 3 tries") == true)
        #expect(run.told.count(where: { $0.wait == .lock }) == 2)
      }
      #expect(try await SchemaDump(of: database) == before)
      _ = try await migrate(database)
      try await expectAllDone(database, rows: 10)
    }
  }

  @Test func `of two migrators one waits for the other`() async throws {
    try await with(rows: 10) { database in
      try await database.holding("SELECT FROM rekey.note WHERE id = 1") { release in
        let told = Told<MigrationProgress>()
        async let first = migrate(database)
        let waiting = """
          SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND application_name = 'rekey migrate' AND wait_event_type = 'Lock'
          """
        while try await database.number(waiting) == 0 {}
        async let second = migrate(database, told: told)
        while !told.all.contains(where: { $0.wait == .migrator }) {
          #expect(try await database.number(waiting) == 1)
        }
        try await release()
        let applied = try await [first, second].map { try $0.result.get() }
        #expect(applied.flatMap(\.self) == [Self.notes.label])
      }
      try await expectAllDone(database, rows: 10)
    }
  }

  @Test func `a step that fails leaves those before it, and is done when it can be`() async throws {
    let migration = Migration(
      version: Migrations.newest + 1, name: "two",
      sql: """
        -- locks: none; a test
        -- step: one
        CREATE TABLE rekey.first (id integer);
        -- step: two
        INSERT INTO rekey.first VALUES (1);
        INSERT INTO rekey.second VALUES (1);
        """)
    try await TestDatabase.with { database in
      let run = try await migrate(database, migration)
      let problem = #expect(throws: DatabaseProblem.self) { try run.result.get() }
      #expect(problem?.description.contains("42P01") == true)
      #expect(try await status(database, migration).begun == MigrationPlace(step: 1))
      #expect(try await database.number("SELECT count(*) FROM rekey.first") == 0)
      try await database.script("CREATE TABLE rekey.second (id integer)", as: .owner)
      #expect(try await migrate(database, migration).result.get() == ["\(migration.label)"])
      #expect(try await database.number("SELECT count(*) FROM rekey.first") == 1)
    }
  }
}
