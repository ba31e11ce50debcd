import Postgres
import Testing

/// What stands in the tables for a test to begin with.
enum SeedState: String, Sendable, CaseIterable {
  /// Mailed and still to be used.
  case live
  case expired, consumed, revoked, dropped
  /// Its message is still to be sent, though its time is over.
  case waiting
  /// Its message is a dead letter, and its time is over.
  case dead

  var message: String? {
    switch self {
    case .waiting: "clock_timestamp(), 1, NULL, NULL"
    case .dead: "clock_timestamp(), 3, clock_timestamp(), 'rcpt_550'"
    default: nil
    }
  }

  /// sent_at, expires_at, consumed_at, dropped_at, drop_reason
  fileprivate var columns: String {
    let (soon, past) = (
      "clock_timestamp() + interval '1 hour'", "$2::timestamptz + interval '1 ms'"
    )
    return switch self {
    case .live, .revoked: "$2, \(soon), NULL, NULL, NULL"
    case .expired: "$2, \(past), NULL, NULL, NULL"
    case .consumed: "$2, \(soon), $2, NULL, NULL"
    case .dropped: "NULL, \(soon), NULL, $2, 'no_account'"
    case .waiting, .dead: "NULL, \(past), NULL, NULL, NULL"
    }
  }
}

extension TestDatabase {
  /// SQL for the id of a request that was made at a moment.
  static func id(at moment: String) -> String {
    """
    (lpad(to_hex(floor(extract(epoch FROM \(moment)) * 1000)::bigint), 12, '0') || '7'
      || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
    """
  }

  /// A request made so many seconds ago, with its message where it has one; returns its id.
  @discardableResult
  func seed(age seconds: Int, state: SeedState = .live) async throws -> [UInt8] {
    let made = try await query(
      """
      SELECT at, \(Self.id(at: "at")) AS id
      FROM (SELECT clock_timestamp() - $1::int * interval '1 second' AS at) moment
      """, [.int4(Int32(seconds))]
    ).only()
    let (id, at) = (try made.uuid("id"), try made.timestamp("at"))
    try await query(
      """
      INSERT INTO rekey.reset_request (id, address_key, sealed, kid, caller, created_at,
        sent_at, expires_at, consumed_at, dropped_at, drop_reason)
      SELECT $1::uuid, decode(md5(\(state == .revoked ? "$1::uuid::text" : "'seed'")), 'hex'), '', '\\x01020304', 'app', $2::timestamptz, \(state.columns)
      """, [.uuid(id), .timestamp(at)])
    if state == .revoked {
      try await query(
        """
        INSERT INTO rekey.account (key, revoked_before, revoke_reason)
        VALUES (decode(md5($1::uuid::text), 'hex'), $2::timestamptz, 'invalidated')
        """, [.uuid(id), .timestamp(at)])
    }
    guard let message = state.message else { return id }
    try await query(
      """
      INSERT INTO rekey.outbox (id, request_id, kind, run_at, attempt, dead_at, last_error)
      SELECT $1::uuid, $1::uuid, 'link', \(message)
      """, [.uuid(id)])
    return id
  }
}
