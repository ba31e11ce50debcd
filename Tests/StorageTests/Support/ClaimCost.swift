import PasswordReset
import Postgres
import Testing

/// What a claim reads, as EXPLAIN counts it: pages of tables and indexes, found in memory or not.
struct ClaimCost: Sendable {
  let rows: Int
  let pages: Int

  init(of queue: OutboxQueue, atMost limit: Int, in session: Session) async throws {
    try await self.init(
      of: "claim('\(queue.rawValue)', \(limit), 3600, 1800, 7200, 86400, 259200, 3)", in: session)
  }

  /// Runs a statement once that was prepared in this session.
  init(of call: String, in session: Session) async throws {
    let explain = Statement(
      name: "explain \(call.prefix(24))",
      sql: "EXPLAIN (ANALYZE, BUFFERS, COSTS off, TIMING off, SUMMARY off) EXECUTE \(call)")
    let lines = try await session.execute(explain, within: generous)
      .map { try $0.text("QUERY PLAN") }
    // The first line and the first count are of the whole statement.
    let top = try #require(lines.first)
    let buffers = try #require(lines.first { $0.contains("Buffers: shared") })
    rows = try #require(Self.number(after: "rows=", in: top))
    pages =
      (Self.number(after: "hit=", in: buffers) ?? 0)
      + (Self.number(after: "read=", in: buffers) ?? 0)
  }

  /// Nobody is told.
  static let expiry = "expire(64, 7200, false, '{}', 3)"

  private static func number(after mark: String, in line: String) -> Int? {
    let parts = line.split(separator: " ").flatMap { $0.split(separator: "(") }
    return parts.first { $0.hasPrefix(mark) }.flatMap { Int($0.dropFirst(mark.utf8.count)) }
  }
}

extension TestDatabase {
  /// Lends a session as a worker has it, with its statements planned while all is empty.
  func withClaims<Value: Sendable>(
    _ body: (Session) async throws -> Value
  ) async throws -> Value {
    try await withSession(as: .work) { session in
      try await session.script(
        """
        SET enable_seqscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan;
        PREPARE claim AS \(try SQLFiles.text("queries/claim_messages.sql"));
        PREPARE expire AS \(try SQLFiles.text("queries/expire_messages.sql"))
        """, within: generous)
      for queue in OutboxQueue.allCases {
        _ = try await ClaimCost(of: queue, atMost: 1, in: session)
      }
      _ = try await ClaimCost(of: ClaimCost.expiry, in: session)
      return try await body(session)
    }
  }

  /// Messages with their requests, whose expiry a claim moves.
  /// - Parameter columns: run_at, attempt, leased_until, dead_at, last_error, kind, event.
  func fill(_ count: Int, _ columns: String) async throws {
    try await script(
      """
      WITH made AS (
        INSERT INTO rekey.reset_request
          (id, address_key, account_key, sealed, kid, caller, created_at, expires_at)
        SELECT rekey.new_id(), k.key, k.key, repeat('x', 256)::bytea, '\\x01020304', 'app', clock_timestamp(),
          clock_timestamp() + interval '10 minutes'
        FROM generate_series(1, \(count)) n, LATERAL (SELECT decode(md5(n::text), 'hex') AS key) k
        RETURNING id
      )
      INSERT INTO rekey.outbox
        (id, request_id, run_at, attempt, leased_until, dead_at, last_error, kind, event)
      SELECT m.id, m.id, \(columns) FROM made m
      """)
  }
}
