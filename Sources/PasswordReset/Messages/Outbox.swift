/// Which of the waiting messages a worker asks for. They do not hold each other up.
public enum OutboxQueue: String, Sendable, CaseIterable {
  case mail
  /// Mails whose last attempt never ended: it may have been they that took the worker down, so they
  /// are tried one at a time.
  case suspects
  case events
}

public enum DropReason: String, Sendable {
  case noAccount = "no_account"
  case suppressed, revoked, expired
}

/// How an attempt ended.
public enum AttemptOutcome: Sendable, Equatable {
  case sent
  case retry(after: WholeDuration, cause: String)
  /// To be tried again, but it may have arrived: from now on the link only expires.
  case uncertain(after: WholeDuration, cause: String)
  case dead(cause: String)
  case dropped(DropReason)
  /// Interrupted or not begun: nothing is counted, and it is due again after so long.
  case released(after: WholeDuration)
}

public protocol Outbox: Sendable {
  /// At most so many due messages of a queue, leased and counted; none while the outbox is paused.
  func claim(
    atMost limit: Int, from queue: OutboxQueue
  ) async throws(ResetError) -> [ClaimedMessage]

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
