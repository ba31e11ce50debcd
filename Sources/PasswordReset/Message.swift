/// What a message is for.
public enum MessageKind: String, Sendable {
  case link, changed
  case noAccount = "no_account"
  case event
}

/// Which of the waiting messages a worker asks for. They do not hold each other up.
public enum Lane: String, Sendable, CaseIterable {
  case mail
  /// Mails whose last attempt never ended: it may have been they that took the worker down, so they
  /// are tried one at a time.
  case suspects
  case events
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

public enum DropReason: String, Sendable {
  case noAccount = "no_account"
  case suppressed, revoked, expired
}

/// How an attempt ended.
public enum AttemptOutcome: Sendable, Equatable {
  case sent
  case retry(after: WholeDuration, cause: String)
  case dead(cause: String)
  case dropped(DropReason)
  /// Interrupted or not begun: nothing is counted, and it is due again after so long.
  case released(after: WholeDuration)
}

public protocol Outbox: Sendable {
  /// At most so many due messages of a lane, leased and counted; none while the outbox is paused.
  func claim(atMost limit: Int, from lane: Lane) async throws(ResetError) -> [ClaimedMessage]

  /// Ends an attempt, and tells the main app by an event of its own where `report` says so.
  /// False where the lease was lost to a later attempt: nothing was changed.
  @discardableResult
  func finish(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome, report: EventType?
  ) async throws(ResetError) -> Bool

  /// Extends the leases of messages in hand. Returns those that are still held.
  func renew(_ messages: [ClaimedMessage]) async throws(ResetError) -> Set<RequestID>

  /// Writes down whom the directory named, before the mail goes. False where the lease was lost or
  /// the request has been revoked meanwhile.
  func name(
    _ account: KeyedHash, sealed: Vault.Sealed, for message: ClaimedMessage
  ) async throws(ResetError) -> Bool

  /// Turns a link that has no account into the mail that says so, if the address may get another
  /// one; it is due at once. False where a limit refuses or the lease was lost: nothing was changed.
  func sayNoAccount(
    _ message: ClaimedMessage, limiterKey: KeyedHash, limits: RateLimits
  ) async throws(ResetError) -> Bool

  /// Ends messages whose time is over and that nobody holds, without an attempt. Returns how many.
  /// - Parameter reports: whether a caller wants to be told.
  func expire(atMost limit: Int, reports: EventSubscribers) async throws(ResetError) -> Int
}

/// Which callers want events: all or none, but for some.
public struct EventSubscribers: Sendable, Equatable {
  public let common: Bool
  /// The callers for which it is the other way round.
  public let exceptions: [String]

  public init(common: Bool, exceptions: [String]) {
    self.common = common
    self.exceptions = exceptions
  }
}

/// Who owns an address.
public protocol AccountDirectory: Sendable {
  /// Nil where there is no account that may reset its password.
  func account(
    for address: EmailAddress, caller: Caller
  ) async throws(DirectoryError) -> Account?
}

/// The directory could not answer: a transient fault with a short cause for the log.
public struct DirectoryError: Error, Sendable, Equatable {
  public let cause: String

  public init(cause: String) { self.cause = cause }
}
