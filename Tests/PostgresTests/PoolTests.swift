import Postgres
import Synchronization
import Testing

@Suite struct PoolTests {
  /// Lends a pool of one whose only session is taken until the closure given to `body` is called.
  private func withTakenPool(
    maxWaiting: Int,
    _ body: @Sendable (Pool, _ release: @Sendable () async throws -> Void) async throws -> Void
  ) async throws {
    let pool = Pool(try TestDatabase.settings(), size: 1, maxWaiting: maxWaiting)
    let key = Int32.random(in: .min ... .max)
    try await TestDatabase.withSession { holder in
      // The pool's session waits for an advisory lock that another session holds.
      let lock = Statement(name: "lock", sql: "SELECT pg_advisory_lock($1::int::bigint)")
      let unlock = Statement(name: "unlock", sql: "SELECT pg_advisory_unlock($1::int::bigint)")
      try await holder.execute(lock, [.int4(key)], within: generous)
      let taken = Atomic(false)
      async let blocked: Void = pool.run(within: generous) { connection throws(PostgresError) in
        taken.store(true, ordering: .releasing)
        try connection.execute(lock, [.int4(key)])
      }
      while !taken.load(ordering: .acquiring) { await Task.yield() }
      try await body(pool) { try await holder.execute(unlock, [.int4(key)], within: generous) }
      _ = try await holder.execute(unlock, [.int4(key)], within: generous)
      try await blocked
    }
    await pool.close()
  }

  @Test func `at most as many calls run at once as there are connections`() async throws {
    let pool = Pool(try TestDatabase.settings(), size: 3, maxWaiting: 100)
    try await pool.connect(within: generous)
    let pids = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<50 {
        group.addTask { try await pool.execute(.backend, within: generous).only().int("pid") }
      }
      return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
    }
    #expect((1...3).contains(pids.count))
    await pool.close()
  }

  @Test func `a queue takes as many as it is said to, and one more is busy`() async throws {
    try await withTakenPool(maxWaiting: 2) { pool, release in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2 {
          group.addTask { try await pool.execute(.one, within: generous).only().int(0) }
        }
        while pool.waiting < 2 { await Task.yield() }
        let error = try await postgresError { () async throws(PostgresError) in
          try await pool.execute(.one, within: generous)
        }
        #expect(error == .busy)
        #expect(error.isTransient)
        try await release()
        #expect(try await group.reduce(0, +) == 2)
      }
    }
  }

  @Test func `a deadline ends the wait in the queue`() async throws {
    try await withTakenPool(maxWaiting: 2) { pool, _ in
      let start = ContinuousClock.now
      let error = try await postgresError { () async throws(PostgresError) in
        try await pool.execute(.one, within: .milliseconds(50))
      }
      let took = ContinuousClock.now - start
      #expect(error == .deadline(outcomeUnknown: false))
      #expect(took >= .milliseconds(50) && took < .seconds(10))
      #expect(pool.waiting == 0)
    }
  }

  @Test func `a cancelled task leaves the queue`() async throws {
    try await withTakenPool(maxWaiting: 2) { pool, _ in
      let waiter = Task { () async -> PostgresError? in
        do throws(PostgresError) {
          try await pool.execute(.one, within: generous)
          return nil
        } catch {
          return error
        }
      }
      while pool.waiting < 1 { await Task.yield() }
      waiter.cancel()
      #expect(await waiter.value == .cancelled)
      #expect(pool.waiting == 0)
    }
  }

  @Test func `a cancelled task may still use an idle connection`() async throws {
    let pool = Pool(try TestDatabase.settings(), size: 1, maxWaiting: 0)
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await pool.execute(.one, within: generous).only().int(0)
    }
    task.cancel()
    #expect(try await task.value == 1)
    await pool.close()
  }

  @Test func `a closed pool says so to those who wait and to those who come`() async throws {
    let pool = Pool(try TestDatabase.settings(), size: 1, maxWaiting: 1)
    try await pool.execute(.one, within: generous)
    await pool.close()
    let error = try await postgresError { () async throws(PostgresError) in
      try await pool.execute(.one, within: generous)
    }
    #expect(error == .closed)
  }

  @Test func `transactions of a pool commit`() async throws {
    try await TestDatabase.withTable { session, table in
      let pool = Pool(
        try TestDatabase.settings(), statements: [table.insert], size: 4, maxWaiting: 100)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for id in 0..<40 {
          group.addTask {
            let rows = try await pool.transaction(within: generous) {
              transaction throws(PostgresError) in
              try transaction.finish(table.insert, [.int4(Int32(id)), .text("ä")])
            }
            #expect(rows.affected == 1)
          }
        }
        try await group.waitForAll()
      }
      await pool.close()
      #expect(try await session.count(table) == 40)
    }
  }
}
