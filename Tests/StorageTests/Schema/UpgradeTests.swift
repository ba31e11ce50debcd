import PasswordReset
import Postgres
import Storage
import StoreContract
import Testing

/// From one version's schema to the next, with messages on their way.
@Suite struct UpgradeTests {
  @Test func `messages in flight at the first version can be claimed after the upgrade`()
    async throws
  {
    try await TestDatabase.with(isMigrated: false) { database in
      try await database.makeFirstVersion()
      let waiting = try await database.seed(age: 60, state: .waiting)
      let lost = try await database.seed(age: 70, state: .waiting)
      let held = try await database.seed(age: 80, state: .waiting)
      let dead = try await database.seed(age: 90, state: .dead)
      try await database.lease(lost, for: -1)
      try await database.lease(held, for: 90)
      try await database.migrate()
      #expect(try await database.requests(where: "dead_at IS NOT NULL") == [dead])
      let strangers = """
        SELECT count(*) FROM rekey.outbox o JOIN rekey.reset_request r ON r.id = o.request_id
        WHERE o.queued_at <> r.created_at OR o.failures <> 0 OR o.lost <> 0
        """
      #expect(try await database.number(strangers) == 0)

      let outbox = try await PostgresStore(database).store.outbox
      let mails = try await outbox.claim(atMost: 64, from: .mail)
      let suspects = try await outbox.claim(atMost: 64, from: .suspects)
      #expect(mails.map(\.requestID.bytes) == [waiting])
      #expect(suspects.map(\.requestID.bytes) == [lost])
      #expect(mails.map(\.attempt) == [2] && mails.map(\.lost) == [0])
      #expect(suspects.map(\.attempt) == [2] && suspects.map(\.lost) == [1])
      for message in mails + suspects {
        guard case .ready = message.content else {
          Issue.record("the link is not alive")
          continue
        }
        #expect(try await outbox.finish(message, .sent, report: nil))
      }
      #expect(try await database.requests(where: "dead_at IS NULL") == [held])
    }
  }

  @Test func `what the upgrade allows holds in the days that were there before`() async throws {
    try await TestDatabase.with(isMigrated: false) { database in
      try await database.makeFirstVersion()
      let id = try await database.seed(age: 60, state: .waiting)
      #expect(try await database.place(of: id) != "reset_request_default")
      try await database.migrate()
      for (reason, state) in [("dismissed", nil), ("whatever", "23514")] as [(String, String?)] {
        try await database.expect(
          state,
          from: "UPDATE rekey.reset_request SET dropped_at = created_at, drop_reason = '\(reason)'")
      }
    }
  }
}

extension TestDatabase {
  /// As the first version's `migrate` left it.
  fileprivate func makeFirstVersion() async throws {
    try await script(try SQLFiles.text("migrations/0001_reset_flow.sql"), as: .owner)
    try await script(
      """
      INSERT INTO rekey.schema_version (version, name) VALUES (1, 'reset_flow');
      SELECT rekey.make_partitions(7);
      """, as: .owner)
  }

  fileprivate func lease(_ request: [UInt8], for seconds: Int) async throws {
    try await query(
      """
      UPDATE rekey.outbox SET leased_until = clock_timestamp() + make_interval(secs => $2::int),
        run_at = clock_timestamp() + make_interval(secs => $2::int)
      WHERE request_id = $1::uuid
      """, [.uuid(request), .int4(Int32(seconds))])
  }

  fileprivate func requests(where condition: String) async throws -> [[UInt8]] {
    let rows = try await query("SELECT request_id FROM rekey.outbox WHERE \(condition)")
    return try rows.map { try $0.uuid("request_id") }
  }
}
