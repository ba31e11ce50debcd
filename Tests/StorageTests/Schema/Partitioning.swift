import Postgres
import Testing

/// Days are counted from today, in UTC; the past is negative.
extension TestDatabase {
  /// The names of the day partitions, oldest first.
  func partitions() async throws -> [String] {
    let rows = try await query(
      """
      SELECT c.relname::text AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'rekey.reset_request'::regclass AND c.relname <> 'reset_request_default'
      ORDER BY 1
      """)
    return try rows.map { try $0.text("name") }
  }

  /// The names that the partitions of some days have.
  func days(from first: Int, to last: Int) async throws -> [String] {
    let rows = try await query(
      """
      SELECT 'reset_request_' || to_char((clock_timestamp() AT TIME ZONE 'UTC')::date + n, 'YYYYMMDD') AS name
      FROM generate_series($1::int, $2::int) AS n ORDER BY n
      """, [.int4(Int32(first)), .int4(Int32(last))])
    return try rows.map { try $0.text("name") }
  }

  /// A partition of a day gone by, as an earlier `make_partitions` would have made it.
  func makePartition(day: Int) async throws {
    let name = try #require(try await days(from: day, to: day).first)
    let start = "((clock_timestamp() AT TIME ZONE 'UTC')::date"
    try await script(
      """
      CREATE TABLE rekey.\(name) PARTITION OF rekey.reset_request
      FOR VALUES FROM (rekey.first_id_at(\(start) + \(day))::timestamp AT TIME ZONE 'UTC'))
      TO (rekey.first_id_at(\(start) + \(day + 1))::timestamp AT TIME ZONE 'UTC'))
      """, as: .owner)
  }

  /// The table that a request lies in.
  func place(of id: [UInt8]) async throws -> String? {
    let rows = try await query(
      "SELECT c.relname::text AS name FROM rekey.reset_request r JOIN pg_class c ON c.oid = r.tableoid WHERE r.id = $1::uuid",
      [.uuid(id)])
    return try rows.first?.text("name")
  }
}
