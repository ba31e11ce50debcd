import PasswordReset
import Postgres
import Testing

@Suite struct NewIDTests {
  @Test(arguments: [TestDatabase.Role.serve, .work, .ops])
  func `new ids are version 7, of database time, and all different`(
    role: TestDatabase.Role
  ) async throws {
    try await TestDatabase.with { database in
      let clock = "SELECT clock_timestamp() AS now"
      let before = try await database.query(clock).only().timestamp("now")
      let rows = try await database.query(
        "SELECT rekey.new_id() AS id FROM generate_series(1, 10000)", as: role)
      let after = try await database.query(clock).only().timestamp("now")
      let ids = try rows.compactMap { RequestID(bytes: try $0.uuid("id")) }
      #expect(Set(ids).count == 10_000)
      // Version and variant of RFC 9562 section 5.7.
      #expect(ids.allSatisfy { $0.bytes[6] >> 4 == 7 && $0.bytes[8] >> 6 == 2 })
      // To the millisecond.
      let moments = ids.map { $0.createdAt.microseconds }
      #expect(moments.allSatisfy { $0 > before - 1000 && $0 <= after })
      #expect(moments == moments.sorted())
    }
  }
}
