import Postgres
import Testing

@Suite struct SchemaTests {
  @Test func `schema.sql is what all migrations make`() async throws {
    try await TestDatabase.with(isMigrated: false) { empty in
      try await empty.script(try SQLFiles.text("schema.sql"))
      try await TestDatabase.with(isMigrated: false) { migrated in
        try await migrated.migrate(withRoles: false)
        let (snapshot, truth) = (
          try await SchemaDump(of: empty), try await SchemaDump(of: migrated)
        )
        #expect(snapshot.lines.count > 100)
        for (line, wanted) in zip(snapshot.lines, truth.lines) {
          try #require(line == wanted, "sql/schema.sql is stale: see its head")
        }
        #expect(snapshot == truth, "sql/schema.sql is stale: see its head")
      }
    }
  }

  @Test func `every table says what it is for`() async throws {
    try await TestDatabase.with { database in
      let rows = try await database.query(
        """
        SELECT c.relname::text AS name FROM pg_class c
        WHERE c.relnamespace = 'rekey'::regnamespace AND c.relkind IN ('r', 'v')
          AND obj_description(c.oid, 'pg_class') IS NULL
        """)
      #expect(try rows.map { try $0.text("name") } == [])
    }
  }

  @Test func `functions run with a search path of their own`() async throws {
    try await TestDatabase.with { database in
      let rows = try await database.query(
        """
        SELECT p.proname::text AS name FROM pg_proc p WHERE p.pronamespace = 'rekey'::regnamespace
          AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
        """)
      #expect(try rows.map { try $0.text("name") } == [])
      #expect(
        try await database.number(
          "SELECT count(*) FROM pg_proc WHERE pronamespace = 'rekey'::regnamespace") > 0)
    }
  }
}
