import Postgres
import Testing

@Suite struct PostgresErrorTests {
  @Test(arguments: [
    ("40001", true), ("40002", false), ("40P01", true), ("55P03", true), ("55006", false),
    ("57014", true), ("53300", true), ("53100", true), ("57P01", true), ("57P03", true),
    ("08006", true), ("25006", true), ("25P02", false), ("23505", false), ("22021", false),
  ])
  func `a SQLSTATE tells whether to try again`(sqlState: String, transient: Bool) {
    #expect(PostgresError.server(sqlState: sqlState, message: "").isTransient == transient)
    #expect(PostgresError.unavailable(reason: "", sqlState: sqlState).isTransient == transient)
  }

  @Test func `only a lost commit has an unknown outcome`() {
    #expect(PostgresError.deadline(outcomeUnknown: true).isOutcomeUnknown)
    #expect(!PostgresError.deadline().isOutcomeUnknown)
    #expect(PostgresError.unavailable(reason: "", outcomeUnknown: true).isOutcomeUnknown)
    #expect(!PostgresError.unavailable(reason: "").isOutcomeUnknown)
    #expect(PostgresError.server(sqlState: "40003", message: "").isOutcomeUnknown)
    #expect(!PostgresError.server(sqlState: "40001", message: "").isOutcomeUnknown)
  }

  @Test func `a description holds no text of the server, a debug description no detail`()
    async throws
  {
    try await TestDatabase.withTable { session, table in
      try await session.execute(table.insert, [.int4(4711), .text("secret")], within: generous)
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.execute(table.insert, [.int4(4711), .text("secret")], within: generous)
      }
      #expect("\(error)" == "the database refused a statement (SQLSTATE 23505)")
      let debug = String(reflecting: error)
      #expect(debug.contains("duplicate key"))
      #expect(!debug.contains("4711") && !debug.contains("secret") && !debug.contains("INSERT"))
    }
  }
}
