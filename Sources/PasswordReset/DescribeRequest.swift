/// What became of a request, for the caller that made it; never the token.
public struct RequestDescription: Sendable, Equatable {
  public let id: RequestID
  public let state: State
  /// Why a request was dropped or revoked.
  public let reason: String?
  public let createdAt: Timestamp
  public let sentAt: Timestamp?
  public let expiresAt: Timestamp
  public let consumedAt: Timestamp?
  public let revokedAt: Timestamp?
  public let failedAt: Timestamp?
  public let droppedAt: Timestamp?

  public enum State: String, Sendable {
    case accepted, sending, sent, failed, dropped, expired, consumed, revoked
  }

  public init(
    id: RequestID, state: State, reason: String?, createdAt: Timestamp, sentAt: Timestamp?,
    expiresAt: Timestamp, consumedAt: Timestamp?, revokedAt: Timestamp?, failedAt: Timestamp?,
    droppedAt: Timestamp?
  ) {
    self.id = id
    self.state = state
    self.reason = reason
    self.createdAt = createdAt
    self.sentAt = sentAt
    self.expiresAt = expiresAt
    self.consumedAt = consumedAt
    self.revokedAt = revokedAt
    self.failedAt = failedAt
    self.droppedAt = droppedAt
  }
}
