import Postgres
import Testing

/// What the roles may not do. That they may do what they have to, the contract shows: it runs as
/// they do in production.
@Suite struct RightsTests {
  private static let refused: [(TestDatabase.Role, String)] = [
    (.serve, "UPDATE rekey.outbox SET run_at = run_at"),
    (.serve, "DELETE FROM rekey.outbox"),
    (.serve, "UPDATE rekey.reset_request SET sent_at = sent_at"),
    (.serve, "DELETE FROM rekey.suppression"),
    (.serve, "UPDATE rekey.hook_receipt SET received_at = received_at"),
    (.serve, "DELETE FROM rekey.hook_receipt"),
    (.serve, "INSERT INTO rekey.outbox_pause DEFAULT VALUES"),
    (.serve, "SELECT FROM rekey.transport_state"),
    (.work, "INSERT INTO rekey.reset_request DEFAULT VALUES"),
    (.work, "UPDATE rekey.reset_request SET consumed_at = consumed_at"),
    (.work, "UPDATE rekey.reset_request SET completed_at = completed_at"),
    (.work, "INSERT INTO rekey.hook_receipt DEFAULT VALUES"),
    (.work, "INSERT INTO rekey.outbox_pause DEFAULT VALUES"),
    (.work, "DELETE FROM rekey.outbox_pause"),
    (.ops, "INSERT INTO rekey.outbox DEFAULT VALUES"),
    (.ops, "UPDATE rekey.reset_request SET consumed_at = consumed_at"),
    (.ops, "UPDATE rekey.reset_request SET sealed = sealed"),
    (.ops, "SELECT FROM rekey.hook_receipt"),
    (.ops, "DELETE FROM rekey.transport_state"),
  ]

  @Test func `no role may do what it has no need of`() async throws {
    try await TestDatabase.with { database in
      for (role, statement) in Self.refused {
        try await database.expect("42501", from: statement, as: role)
      }
    }
  }
}
