import PasswordReset
import Postgres

extension Row {
  func requestID(_ column: Column) throws(PostgresError) -> RequestID {
    guard let id = RequestID(bytes: try uuid(column)) else { throw Self.unreadable }
    return id
  }

  func moment(_ column: Column) throws(PostgresError) -> Timestamp {
    Timestamp(microseconds: try timestamp(column))
  }

  func optionalMoment(_ column: Column) throws(PostgresError) -> Timestamp? {
    try optionalTimestamp(column).map(Timestamp.init(microseconds:))
  }

  func keyID(_ column: Column) throws(PostgresError) -> KeyID {
    guard let kid = KeyID(bytes: try bytes(column)) else { throw Self.unreadable }
    return kid
  }

  static var unreadable: PostgresError { .decoding("a column holds what it should not") }
}

extension StoredRequest {
  /// Reads the columns that `find_requests` and `lock_family` share.
  init(_ row: Row) throws(PostgresError) {
    self.init(
      id: try row.requestID("id"), sealed: try row.bytes("sealed"), kid: try row.keyID("kid"),
      caller: try row.text("caller"), createdAt: try row.moment("created_at"),
      sentAt: try row.optionalMoment("sent_at"), expiresAt: try row.moment("expires_at"),
      consumedAt: try row.optionalMoment("consumed_at"),
      consumerKey: try row.optionalBytes("consumer_key").flatMap(KeyedHash.init(bytes:)),
      revokedAt: try row.optionalMoment("revoked_at"),
      revokeReason: try row.optionalText("revoke_reason").flatMap(RevokeReason.init(rawValue:)),
      droppedAt: try row.optionalMoment("dropped_at"), readAt: try row.moment("now"))
  }
}
