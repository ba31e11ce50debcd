import Postgres
import Testing

extension TestDatabase {
  /// Holds the locks that a statement takes while `body` runs.
  func holding<Value: Sendable>(
    _ statement: String, _ body: () async throws -> Value
  ) async throws -> Value {
    // One session keeps an advisory lock; another waits for it in its transaction, locks in hand.
    try await withSession { keeper in
      try await keeper.script("SELECT pg_advisory_lock(1)", within: generous)
      return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await script("BEGIN; \(statement); SELECT pg_advisory_xact_lock(1); COMMIT")
        }
        let waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while try await number(waits) == 0 { await Task.yield() }
        let value = try await body()
        try await keeper.script("SELECT pg_advisory_unlock(1)", within: generous)
        try await group.waitForAll()
        return value
      }
    }
  }
}
