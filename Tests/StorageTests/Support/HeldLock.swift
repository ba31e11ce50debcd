import Postgres
import Testing

extension TestDatabase {
  /// Holds the locks that a statement takes while `body` runs, or until it calls what it is lent.
  ///
  /// One session keeps an advisory lock; another waits for it in its transaction, locks in hand.
  func holding(
    _ statement: String, _ body: (_ release: () async throws -> Void) async throws -> Void
  ) async throws {
    try await withSession { keeper in
      try await keeper.script("SELECT pg_advisory_lock(1)", within: generous)
      let holder = Task {
        try await script("BEGIN; \(statement); SELECT pg_advisory_xact_lock(1); COMMIT")
      }
      // Other tests wait in databases of their own.
      let waits = """
        SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()
        """
      while try await number(waits) == 0 { await Task.yield() }
      let release = {
        try await keeper.script("SELECT pg_advisory_unlock_all()", within: generous)
        try await holder.value
      }
      do { try await body(release) } catch {
        try await release()
        throw error
      }
      try await release()
    }
  }

  func holding<Value: Sendable>(
    _ statement: String, _ body: () async throws -> Value
  ) async throws -> Value {
    var value: Value?
    try await holding(statement) { _ in value = try await body() }
    return try #require(value)
  }
}
