import Postgres
import Testing

@Suite struct TransactionTests {
  @Test func `what a transaction did is there after it returns`() async throws {
    try await TestDatabase.withTable { session, table in
      let affected = try await session.transaction(within: generous) {
        transaction throws(PostgresError) in
        let first = try transaction.execute(table.insert, [.int4(1), .text("a")])
        let second = try transaction.execute(table.insert, [.int4(2), .null])
        return first.affected + second.affected
      }
      #expect(affected == 2)
      #expect(try await session.count(table) == 2)
    }
  }

  @Test func `a thrown error rolls everything back`() async throws {
    try await TestDatabase.withTable { session, table in
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.transaction(within: generous) { transaction throws(PostgresError) in
          try transaction.execute(table.insert, [.int4(1), .null])
          throw .decoding("made up")
        }
      }
      #expect(error == .decoding("made up"))
      #expect(try await session.count(table) == 0)
    }
  }

  @Test func `an explicit rollback takes everything back without an error`() async throws {
    try await TestDatabase.withTable { session, table in
      try await session.transaction(within: generous) { transaction throws(PostgresError) in
        try transaction.execute(table.insert, [.int4(1), .null])
        transaction.rollback()
      }
      #expect(try await session.count(table) == 0)
    }
  }

  @Test func `a swallowed server error still rolls back and is thrown`() async throws {
    try await TestDatabase.withTable { session, table in
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.transaction(within: generous) { transaction throws(PostgresError) in
          try transaction.execute(table.insert, [.int4(1), .null])
          _ = try? transaction.execute(table.insert, [.int4(1), .null])
          _ = try? transaction.execute(table.insert, [.int4(2), .null])
        }
      }
      #expect(error.sqlState == "23505")
      #expect(try await session.count(table) == 0)
    }
  }

  @Test func `finish commits with the last statement and ends the transaction`() async throws {
    try await TestDatabase.withTable { session, table in
      let error = try await session.transaction(within: generous) {
        transaction throws(PostgresError) in
        try transaction.execute(table.insert, [.int4(1), .null])
        let rows = try transaction.finish(
          table.statement("all", "INSERT INTO \(table.name) VALUES ($1::int) RETURNING id"),
          [.int4(2)])
        #expect(try rows.only().int("id") == 2)
        do throws(PostgresError) {
          try transaction.execute(.one)
          return nil as PostgresError?
        } catch {
          return error
        }
      }
      guard case .misuse = error else { throw NothingThrown() }
      let seen = try await TestDatabase.withSession { try await $0.count(table) }
      #expect(seen == 2)
    }
  }

  @Test func `a transaction of one statement may be begun, done and committed at once`()
    async throws
  {
    try await TestDatabase.withTable { session, table in
      try await session.transaction(within: generous) { transaction throws(PostgresError) in
        try transaction.finish(table.insert, [.int4(1), .null])
      }
      #expect(try await session.count(table) == 1)
    }
  }

  @Test func `a failing last statement commits nothing`() async throws {
    try await TestDatabase.withTable { session, table in
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.transaction(within: generous) { transaction throws(PostgresError) in
          try transaction.execute(table.insert, [.int4(1), .null])
          try transaction.finish(table.insert, [.int4(1), .null])
        }
      }
      #expect(error.sqlState == "23505")
      #expect(!error.isOutcomeUnknown)
      #expect(try await session.count(table) == 0)
    }
  }

  @Test(arguments: [true, false])
  func `a check that is deferred to the commit is an error`(finishes: Bool) async throws {
    try await TestDatabase.withTable { session, table in
      try await session.script(
        """
        ALTER TABLE \(table.name) ADD CONSTRAINT later_\(table.name) UNIQUE (note)
        DEFERRABLE INITIALLY DEFERRED
        """, within: generous)
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.transaction(within: generous) { transaction throws(PostgresError) in
          try transaction.execute(table.insert, [.int4(1), .text("a")])
          if finishes {
            try transaction.finish(table.insert, [.int4(2), .text("a")])
          } else {
            try transaction.execute(table.insert, [.int4(2), .text("a")])
          }
        }
      }
      guard case .server("23505", _, "later_\(table.name)") = error else { throw error }
      #expect(try await session.count(table) == 0)
    }
  }

  @Test func `a deferred check fails a statement outside a transaction too`() async throws {
    try await TestDatabase.withTable { session, table in
      try await session.script(
        "ALTER TABLE \(table.name) ADD UNIQUE (note) DEFERRABLE INITIALLY DEFERRED",
        within: generous)
      let twice = table.statement("twice", "INSERT INTO \(table.name) VALUES (1, 'a'), (2, 'a')")
      let pid = try await session.pid()
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.execute(twice, within: generous)
      }
      #expect(error.sqlState == "23505")
      #expect(try await session.count(table) == 0)
      #expect(try await session.pid() == pid)
    }
  }

  @Test func `an empty transaction asks the server nothing`() async throws {
    try await TestDatabase.withSession { session in
      let seven = try await session.transaction(within: generous) { _ in 7 }
      #expect(seven == 7)
    }
  }

  @Test func `a script inside a transaction is rolled back with it`() async throws {
    try await TestDatabase.withTable { session, table in
      _ = try await postgresError { () async throws(PostgresError) in
        try await session.transaction(within: generous) { transaction throws(PostgresError) in
          try transaction.script("INSERT INTO \(table.name) VALUES (1); SELECT 1")
          try transaction.execute(table.insert, [.int4(2), .null])
          throw .decoding("made up")
        }
      }
      #expect(try await session.count(table) == 0)
      try await session.transaction(within: generous) { transaction throws(PostgresError) in
        try transaction.script("INSERT INTO \(table.name) VALUES (1); SELECT 1")
      }
      #expect(try await session.count(table) == 1)
    }
  }

  @Test func `each statement of run is a transaction of its own`() async throws {
    try await TestDatabase.withTable { session, table in
      let error = try await postgresError { () async throws(PostgresError) in
        try await session.run(within: generous) { connection throws(PostgresError) in
          try connection.execute(table.insert, [.int4(1), .null])
          try connection.execute(table.insert, [.int4(1), .null])
        }
      }
      #expect(error.sqlState == "23505")
      #expect(try await session.count(table) == 1)
    }
  }
}
