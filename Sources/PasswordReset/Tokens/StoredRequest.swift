/// What the store holds of a request, with the database's clock at the moment of reading.
public struct StoredRequest: Sendable, Equatable {
  public let id: RequestID
  public let sealed: [UInt8]
  public let kid: KeyID
  public let caller: String
  public let createdAt: Timestamp
  public let sentAt: Timestamp?
  public let expiresAt: Timestamp
  public let consumedAt: Timestamp?
  public let consumerKey: KeyedHash?
  public let revokedAt: Timestamp?
  public let revokeReason: RevokeReason?
  public let droppedAt: Timestamp?
  public let readAt: Timestamp

  public init(
    id: RequestID, sealed: [UInt8], kid: KeyID, caller: String, createdAt: Timestamp,
    sentAt: Timestamp?, expiresAt: Timestamp, consumedAt: Timestamp?, consumerKey: KeyedHash?,
    revokedAt: Timestamp?, revokeReason: RevokeReason?, droppedAt: Timestamp?, readAt: Timestamp
  ) {
    self.id = id
    self.sealed = sealed
    self.kid = kid
    self.caller = caller
    self.createdAt = createdAt
    self.sentAt = sentAt
    self.expiresAt = expiresAt
    self.consumedAt = consumedAt
    self.consumerKey = consumerKey
    self.revokedAt = revokedAt
    self.revokeReason = revokeReason
    self.droppedAt = droppedAt
    self.readAt = readAt
  }
}

public enum RevokeReason: String, Sendable {
  /// The password was changed elsewhere.
  case invalidated
  /// Another link of the same account was used.
  case siblingConsumed = "sibling_consumed"
  /// `token.keep_live` newer links were sent.
  case replaced
  /// The main app reported the reset as completed.
  case completed
}

/// Why a token is refused. Where several hold, the first of this list is told.
public enum TokenRefusal: Error, Sendable, Equatable {
  case invalid
  case used(at: Timestamp)
  case revoked(at: Timestamp)
  case replaced(at: Timestamp)
  case expired
}

extension StoredRequest {
  /// Nil while the token is live. `expires_at` itself is too late (ASVS 9.2.1).
  public var refusal: TokenRefusal? {
    if let consumedAt { return .used(at: consumedAt) }
    if let revokedAt {
      return revokeReason == .replaced ? .replaced(at: revokedAt) : .revoked(at: revokedAt)
    }
    return readAt < expiresAt ? nil : .expired
  }
}
