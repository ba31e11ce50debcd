import Postgres
import Testing

/// Deadlines and lost connections: how a call ends, and that the next one works.
@Suite struct RecoveryTests {
  @Test func `past its deadline a call ends and the session works afterwards`() async throws {
    try await TestDatabase.withSession(statements: [.sleep]) { session in
      try await session.connect(within: generous)
      let start = ContinuousClock.now
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.execute(.sleep, within: .milliseconds(100))
      }
      let took = ContinuousClock.now - start
      #expect(error == .deadline(outcomeUnknown: true))
      #expect(took >= .milliseconds(100) && took < .seconds(5))
      #expect(try await session.execute(.one, within: generous).only().int("n") == 1)
    }
  }

  @Test func `a deadline inside a transaction before its commit leaves no doubt`() async throws {
    try await TestDatabase.withTable { session, table in
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.transaction(within: .milliseconds(500)) {
          transaction throws(PostgresError) in
          try transaction.execute(table.insert, [.int4(1), .null])
          try transaction.execute(.sleep)
        }
      }
      #expect(error == .deadline(outcomeUnknown: false))
      #expect(try await session.count(table) == 0)
    }
  }

  @Test func `a call whose deadline passed in the queue sends nothing`() async throws {
    try await TestDatabase.withTable { session, table in
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.execute(table.insert, [.int4(1), .null], within: .zero)
      }
      #expect(error == .deadline(outcomeUnknown: false))
      #expect(try await session.count(table) == 0)
    }
  }

  @Test func `the server ends a statement at the statement timeout`() async throws {
    try await TestDatabase.withSession(statementTimeout: .milliseconds(50)) { session in
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.execute(.sleep, within: generous)
      }
      #expect(error.sqlState == "57014")
      #expect(error.isTransient)
    }
  }

  @Test func `after its backend was terminated a session reconnects by itself`() async throws {
    try await TestDatabase.withSession(statements: [.one]) { session in
      let pid = try await session.pid()
      try await TestDatabase.withSession { other in
        let done = try await other.execute(.terminate, [.int4(Int32(pid))], within: generous)
        #expect(try done.only().bool("done"))
      }
      #expect(try await session.execute(.one, within: generous).only().int("n") == 1)
      #expect(try await session.pid() != pid)
    }
  }

  @Test func `a backend terminated while a statement runs makes it unavailable`() async throws {
    let suicide = Statement(
      name: "suicide", sql: "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(30)")
    try await TestDatabase.withTable { session, table in
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.transaction(within: generous) { transaction throws(PostgresError) in
          try transaction.execute(table.insert, [.int4(1), .null])
          try transaction.execute(suicide)
        }
      }
      guard case .unavailable(_, "57P01", false) = error else { throw error }
      #expect(error.isTransient)
      #expect(try await session.count(table) == 0)

      let autocommit = try await postgresError { () async throws(PostgresError) in
        try await session.execute(suicide, within: generous)
      }
      guard case .unavailable(_, "57P01", true) = autocommit else { throw autocommit }
      #expect(try await session.count(table) == 0)
    }
  }

  @Test func `a write refused as read-only moves the session to a new connection`() async throws {
    try await TestDatabase.withTable { session, table in
      let pid = try await session.pid()
      try await session.script("SET default_transaction_read_only = on", within: generous)
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.execute(table.insert, [.int4(1), .null], within: generous)
      }
      #expect(error.sqlState == "25006")
      #expect(error.isTransient)
      try await session.execute(table.insert, [.int4(1), .null], within: generous)
      #expect(try await session.pid() != pid)
    }
  }

  @Test func `a changed table costs one error and not the session`() async throws {
    try await TestDatabase.withTable { session, table in
      let all = table.statement("all", "SELECT * FROM \(table.name)")
      try await session.execute(all, within: generous)
      try await session.script("ALTER TABLE \(table.name) ADD extra int", within: generous)
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.execute(all, within: generous)
      }
      #expect(error.sqlState == "0A000")
      #expect(try await session.execute(all, within: generous).isEmpty)
    }
  }
}
