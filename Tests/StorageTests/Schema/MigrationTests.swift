import Postgres
import Storage
import Testing

@Suite struct MigrationTests {
  private func withMigrator(
    _ database: TestDatabase, _ body: (Migrator) async throws -> Void
  ) async throws {
    let migrator = Migrator(
      url: try database.url(.owner), patience: Migrator.Patience(pause: .milliseconds(10)))
    do {
      try await body(migrator)
      await migrator.close()
    } catch {
      await migrator.close()
      throw error
    }
  }

  private let labels = Migrations.all.map(\.label)

  @Test func `migrations are numbered from 1 without gaps`() {
    #expect(!Migrations.all.isEmpty)
    #expect(Migrations.all.map(\.version) == Array(1...Migrations.newest))
    #expect(Migrations.all.first?.label == "0001_reset_flow")
  }

  @Test func `every migration tells which locks it takes, and for how long at most`() throws {
    #expect(Migrations.all.allSatisfy { !$0.locks.isEmpty })
    let form = try Regex(
      #"none; .+|rekey\.[a-z_]+ (ACCESS EXCLUSIVE|SHARE ROW EXCLUSIVE|SHARE UPDATE EXCLUSIVE|SHARE|ROW EXCLUSIVE), .+"#
    )
    for lock in Migrations.all.flatMap(\.locks) {
      #expect(lock.wholeMatch(of: form) != nil, "\(lock)")
    }
  }

  @Test func `an empty database is brought to the newest schema`() async throws {
    try await TestDatabase.with(isMigrated: false) { database in
      let told = Told<String>()
      try await withMigrator(database) { migrator in
        let before = try await migrator.status()
        #expect(before.applied == 0)
        #expect(before.pending.map(\.label) == labels)
        let applied = try await migrator.migrate { told.add($0.migration.label) }
        #expect(applied == labels)
        let after = try await migrator.status()
        #expect(after.applied == Migrations.newest)
        #expect(after.pending == [] && !after.isTooNew)
      }
      #expect(told.all == labels)
    }
  }

  @Test func `looking at the status changes nothing`() async throws {
    try await TestDatabase.with(isMigrated: false) { database in
      try await withMigrator(database) { migrator in
        for _ in 0..<2 {
          let status = try await migrator.status()
          #expect(status.pending.map(\.label) == labels)
        }
      }
      #expect(
        try await database.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'rekey'") == 0)
    }
  }

  @Test func `migrating again applies nothing and changes nothing`() async throws {
    try await TestDatabase.with { database in
      let before = try await SchemaDump(of: database)
      try await withMigrator(database) { migrator in
        for _ in 0..<2 {
          let applied = try await migrator.migrate { _ in }
          #expect(applied == [])
        }
      }
      #expect(try await SchemaDump(of: database) == before)
      let versions = try await database.number("SELECT count(*) FROM rekey.schema_version")
      #expect(versions == Migrations.all.count)
    }
  }

  @Test func `of several migrators at once each migration is applied by one`() async throws {
    try await TestDatabase.with(isMigrated: false) { database in
      let applied = Told<String>()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            try await withMigrator(database) { migrator in
              for label in try await migrator.migrate(onProgress: { _ in }) { applied.add(label) }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(applied.all.sorted() == labels)
      let versions = try await database.number("SELECT count(*) FROM rekey.schema_version")
      #expect(versions == Migrations.all.count)
    }
  }

  @Test func `a database that is not UTF-8 is refused and stays empty`() async throws {
    let ascii = "ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    try await TestDatabase.with(options: ascii, isMigrated: false) { database in
      try await withMigrator(database) { migrator in
        for call in [
          { _ = try await migrator.status() }, { _ = try await migrator.migrate { _ in } },
        ] as [@Sendable () async throws -> Void] {
          let problem = await #expect(throws: DatabaseProblem.self) { try await call() }
          #expect(problem?.description.contains("UTF8") == true)
        }
      }
      #expect(
        try await database.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'rekey'") == 0)
    }
  }

  @Test func `a database ahead of this version is left alone`() async throws {
    try await TestDatabase.with { database in
      try await database.script(
        "INSERT INTO rekey.schema_version (version, name) VALUES (9999, 'x')")
      try await withMigrator(database) { migrator in
        let status = try await migrator.status()
        #expect(status.isTooNew)
        let problem = await #expect(throws: DatabaseProblem.self) {
          _ = try await migrator.migrate { _ in }
        }
        #expect(problem?.description.contains("9999") == true)
      }
    }
  }
}
