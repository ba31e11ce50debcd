import Postgres
import Testing

@Suite struct SessionTests {
  @Test func `a server error carries its SQLSTATE and leaves the connection usable`() async throws {
    try await TestDatabase.withSession { session in
      let pid = try await session.pid()
      let divide = Statement(name: "divide", sql: "SELECT 1 / $1::int")
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.execute(divide, [.int4(0)], within: generous)
      }
      #expect(error.sqlState == "22012")
      #expect(!error.isTransient && !error.isOutcomeUnknown)
      #expect(try await session.pid() == pid)
    }
  }

  @Test func `settings hold for the session and the caller's own win`() async throws {
    let show = Statement(
      name: "show",
      sql: """
        SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
          current_setting('synchronous_commit'), current_setting('TimeZone'),
          current_setting('client_encoding'), current_setting('application_name'),
          current_setting('work_mem')
        """)
    let row = try await TestDatabase.withSession(options: ["work_mem": "5MB"]) { session in
      try await session.execute(show, within: generous).only()
    }
    let values = try (0..<7).map { try row.text(.index($0)) }
    #expect(values == ["1min", "10s", "on", "UTC", "UTF8", "postgres-tests", "5MB"])
  }

  @Test func `a broken statement shows when connecting`() async throws {
    let broken = Statement(name: "broken", sql: "SELECT nothing FROM nowhere")
    try await TestDatabase.withSession(statements: [broken]) { session in
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.connect(within: generous)
      }
      #expect(error.sqlState == "42P01")
    }
  }

  @Test func `two statements of one name are refused`() async throws {
    try await TestDatabase.withSession(statements: [.one]) { session in
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.execute(Statement(name: "one", sql: "SELECT 2"), within: generous)
      }
      #expect(error == .misuse("two statements are named one"))
    }
  }

  @Test func `a script of many statements runs as one`() async throws {
    try await TestDatabase.withTable { session, table in
      let script = """
        INSERT INTO \(table.name) VALUES (1);
        DO $$ BEGIN RAISE NOTICE 'half way'; RAISE WARNING 'done'; END $$;
        INSERT INTO \(table.name) VALUES (2);
        """
      try await session.script(script, within: generous)
      #expect(try await session.count(table) == 2)

      let error = try await postgresError { () async throws(PostgresError) in
        try await session.script(
          "INSERT INTO \(table.name) VALUES (3); SELECT 1 / 0; SELECT 1", within: generous)
      }
      #expect(error.sqlState == "22012")
      #expect(try await session.count(table) == 2)
    }
  }

  @Test func `a script that cannot end well does not hang or leak into the next call`()
    async throws
  {
    try await TestDatabase.withTable { session, table in
      try await session.script("BEGIN; INSERT INTO \(table.name) VALUES (1)", within: generous)
      #expect(try await session.count(table) == 0)
      let copies = ["COPY \(table.name) FROM STDIN", "COPY \(table.name) TO STDOUT"]
      for script in copies + ["SELECT '\0'"] {
        _ = try await postgresError { () async throws(PostgresError) in
          try await session.script(script, within: generous)
        }
        #expect(try await session.count(table) == 0)
      }
    }
  }

  @Test func `a closed session says so`() async throws {
    let session = Session(try TestDatabase.settings())
    try await session.connect(within: generous)
    await session.close()
    let error = try await postgresError { () async throws(PostgresError) in
      try await session.execute(.one, within: generous)
    }
    #expect(error == .closed)
  }

  @Test func `only one row is one row`() async throws {
    try await TestDatabase.withSession { session in
      for (count, fits) in [(0, false), (1, true), (2, false)] {
        let series = Statement(
          name: "series\(count)", sql: "SELECT n FROM generate_series(1, \(count)) AS n")
        let rows = try await session.execute(series, within: generous)
        #expect(rows.count == count && rows.affected == count)
        #expect(((try? rows.only()) != nil) == fits)
      }
    }
  }
}
