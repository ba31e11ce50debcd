/// What the store holds of a request, with the database's clock at the moment of reading.
public struct StoredRequest: Sendable, Equatable {
  public let id: RequestID
  public let sealed: [UInt8]
  public let kid: KeyID
  public let caller: String
  public let addressKey: KeyedHash
  /// Nil where the token names only an address, and while the directory has not answered.
  public let accountKey: KeyedHash?
  public let createdAt: Timestamp
  public let sentAt: Timestamp?
  public let expiresAt: Timestamp
  public let consumedAt: Timestamp?
  public let consumerKey: KeyedHash?
  /// When the account's links, or the address's, were first revoked after this one was asked for.
  public let revokedAt: Timestamp?
  public let revokeReason: RevokeReason?
  /// When the last of `token.keep_live` newer links was asked for that have been mailed.
  public let replacedAt: Timestamp?
  public let droppedAt: Timestamp?
  /// Dropped before any mail can have arrived, or because it was revoked: whatever account a directory
  /// named for it meanwhile, and whether that could be written down.
  public let isWithdrawn: Bool
  public let readAt: Timestamp

  public init(
    id: RequestID, sealed: [UInt8], kid: KeyID, caller: String, addressKey: KeyedHash,
    accountKey: KeyedHash?, createdAt: Timestamp, sentAt: Timestamp?, expiresAt: Timestamp,
    consumedAt: Timestamp?, consumerKey: KeyedHash?, revokedAt: Timestamp?,
    revokeReason: RevokeReason?, replacedAt: Timestamp?, droppedAt: Timestamp?, isWithdrawn: Bool,
    readAt: Timestamp
  ) {
    self.id = id
    self.sealed = sealed
    self.kid = kid
    self.caller = caller
    self.addressKey = addressKey
    self.accountKey = accountKey
    self.createdAt = createdAt
    self.sentAt = sentAt
    self.expiresAt = expiresAt
    self.consumedAt = consumedAt
    self.consumerKey = consumerKey
    self.revokedAt = revokedAt
    self.revokeReason = revokeReason
    self.replacedAt = replacedAt
    self.droppedAt = droppedAt
    self.isWithdrawn = isWithdrawn
    self.readAt = readAt
  }
}

public enum RevokeReason: String, Sendable, CaseIterable {
  /// The password was changed elsewhere.
  case invalidated
  /// Another link of the same account was used.
  case siblingConsumed = "sibling_consumed"
  /// The main app reported the reset as completed.
  case completed
}

/// Why a token is refused. Where several hold, the first of this list is told.
public enum TokenRefusal: Error, Sendable, Equatable {
  case invalid
  case used(at: Timestamp)
  case revoked(at: Timestamp, reason: RevokeReason)
  case replaced(at: Timestamp)
  case expired
}

extension StoredRequest {
  /// Nil while the token is live. `expires_at` itself is too late (ASVS 9.2.1).
  public var refusal: TokenRefusal? {
    if let consumedAt { return .used(at: consumedAt) }
    if let revokedAt, couldWork(at: revokedAt) {
      return .revoked(at: revokedAt, reason: revokeReason ?? .invalidated)
    }
    if let replacedAt, couldWork(at: replacedAt) { return .replaced(at: replacedAt) }
    if isWithdrawn, let droppedAt, readAt < expiresAt {
      return .revoked(at: droppedAt, reason: .invalidated)
    }
    return readAt < expiresAt && revokedAt == nil && replacedAt == nil ? nil : .expired
  }

  /// What had expired before stays expired; what has not been mailed yet could still come to life.
  private func couldWork(at moment: Timestamp) -> Bool { sentAt == nil || moment < expiresAt }
}
