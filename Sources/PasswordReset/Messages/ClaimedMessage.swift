/// What a message is for.
public enum MessageKind: String, Sendable {
  case link, changed
  case noAccount = "no_account"
  case event
}

/// A message that this worker holds a lease on.
public struct ClaimedMessage: Sendable {
  public let id: RequestID
  public let kind: MessageKind
  /// Counted before the attempt starts: the fence that its end must name.
  public let attempt: Int
  /// Earlier attempts that failed; interrupted ones do not count.
  public let failures: Int
  /// Earlier attempts that never ended, their worker having died or lost its lease.
  public let lost: Int
  public let requestID: RequestID
  /// When it came into the outbox, or was last brought back by an operator.
  public let queuedAt: Timestamp
  /// The database's clock at the claim.
  public let claimedAt: Timestamp
  public let content: Content

  public enum Content: Sendable {
    case ready(Ready)
    /// Consumed or revoked, or without its request: nothing is sent.
    case revoked, orphan
    /// Given up for age.
    case expired(caller: String)
  }

  public struct Ready: Sendable {
    public let sealed: [UInt8]
    public let kid: KeyID
    public let caller: String
    /// Whether the typed address is suppressed.
    public let isSuppressed: Bool
    /// What an event says, with its cause.
    public let event: EventType?
    public let cause: String?

    public init(
      sealed: [UInt8], kid: KeyID, caller: String, isSuppressed: Bool = false,
      event: EventType? = nil, cause: String? = nil
    ) {
      self.sealed = sealed
      self.kid = kid
      self.caller = caller
      self.isSuppressed = isSuppressed
      self.event = event
      self.cause = cause
    }
  }

  public init(
    id: RequestID, kind: MessageKind, attempt: Int, failures: Int = 0, lost: Int = 0,
    requestID: RequestID, queuedAt: Timestamp, claimedAt: Timestamp, content: Content
  ) {
    self.id = id
    self.kind = kind
    self.attempt = attempt
    self.failures = failures
    self.lost = lost
    self.requestID = requestID
    self.queuedAt = queuedAt
    self.claimedAt = claimedAt
    self.content = content
  }
}
