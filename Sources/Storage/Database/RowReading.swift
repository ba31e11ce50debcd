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

  func keyedHash(_ column: Column) throws(PostgresError) -> KeyedHash {
    guard let hash = KeyedHash(bytes: try bytes(column)) else { throw Self.unreadable }
    return hash
  }

  func optionalKeyedHash(_ column: Column) throws(PostgresError) -> KeyedHash? {
    try optionalBytes(column).flatMap(KeyedHash.init(bytes:))
  }

  static var unreadable: PostgresError { .decoding("a column holds what it should not") }
}

extension StoredRequest {
  /// Reads a row of `find_requests`.
  init(_ row: Row) throws(PostgresError) {
    self.init(
      id: try row.requestID("id"), sealed: try row.bytes("sealed"), kid: try row.keyID("kid"),
      caller: try row.text("caller"), addressKey: try row.keyedHash("address_key"),
      accountKey: try row.optionalKeyedHash("account_key"), createdAt: try row.moment("created_at"),
      sentAt: try row.optionalMoment("sent_at"), expiresAt: try row.moment("expires_at"),
      consumedAt: try row.optionalMoment("consumed_at"),
      consumerKey: try row.optionalKeyedHash("consumer_key"),
      revokedAt: try row.optionalMoment("revoked_at"),
      revokeReason: try row.optionalText("revoke_reason").flatMap(RevokeReason.init(rawValue:)),
      replacedAt: try row.optionalMoment("replaced_at"),
      droppedAt: try row.optionalMoment("dropped_at"),
      isWithdrawn: try row.bool("is_withdrawn"), readAt: try row.moment("now"))
  }
}
