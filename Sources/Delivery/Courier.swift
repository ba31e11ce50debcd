public import Logging
public import PasswordReset
internal import ServiceLifecycle

/// Takes one claimed message from lease to end: opens it, finds the account, mints the token, renders
/// the mail and hands it over. Nothing of this is repeated inside: a failure is an attempt's end.
public struct Courier: Sendable {
  public struct Parts: Sendable {
    public var outbox: any Outbox
    public var vault: Vault
    public var callers: Current<CallerBook>
    /// Who is asked for the accounts of a caller; nil where nobody is.
    public var directory: @Sendable (Caller) -> (any AccountDirectory)?
    public var composer: any MessageComposer
    public var transport: any MailTransport
    public var link: @Sendable (String) -> String
    public var lifetime: WholeDuration
    public var giveUpAfter: WholeDuration
    public var schedule: RetrySchedule

    public init(
      outbox: any Outbox, vault: Vault, callers: Current<CallerBook>,
      directory: @escaping @Sendable (Caller) -> (any AccountDirectory)?,
      composer: any MessageComposer,
      transport: any MailTransport, link: @escaping @Sendable (String) -> String,
      lifetime: WholeDuration, giveUpAfter: WholeDuration, schedule: RetrySchedule = RetrySchedule()
    ) {
      self.outbox = outbox
      self.vault = vault
      self.callers = callers
      self.directory = directory
      self.composer = composer
      self.transport = transport
      self.link = link
      self.lifetime = lifetime
      self.giveUpAfter = giveUpAfter
      self.schedule = schedule
    }
  }

  /// A message that has been tried so often and still has no end takes its worker down each time: it
  /// is kept as a dead letter. More than the schedule's pauses leave room for before it is given up.
  private var attemptsAtMost: Int { 50 + Int(parts.giveUpAfter.seconds / 30) }

  private let parts: Parts
  private let logger: Logger

  public init(_ parts: Parts, logger: Logger) {
    self.parts = parts
    self.logger = logger
  }

  /// Ends the attempt, whatever happens; if even that fails the lease runs out and it is due again.
  func deliver(_ message: ClaimedMessage) async {
    let start = ContinuousClock.now
    let outcome: AttemptOutcome
    do throws(AttemptEnd) {
      try await attempt(message)
      outcome = .sent
    } catch {
      outcome = error.outcome
    }
    let took = ContinuousClock.now - start
    let end = await finish(message, outcome)
    log(message, outcome, end, took: took)
  }

  /// How the end of an attempt was written down.
  private enum Ending: String {
    case held
    case leaseLost = "lease_lost"
    case notWritten = "end_not_written"
  }

  /// Written again until the database has answered: without this a mail that went out would go out
  /// again. The lease is renewed meanwhile, so no other worker takes the message. A process that is
  /// told to end does not wait for a database that is away: then the lease decides.
  private func finish(_ message: ClaimedMessage, _ outcome: AttemptOutcome) async -> Ending {
    for pause in parts.schedule.pausesOfFinish {
      if let isHeld = try? await parts.outbox.finish(message, outcome) {
        return isHeld ? .held : .leaseLost
      }
      if Task.isCancelled || Task.isShuttingDownGracefully { break }
      try? await Task.sleep(for: pause)
    }
    return .notWritten
  }

  /// How an attempt ends other than by being sent.
  private struct AttemptEnd: Error {
    let outcome: AttemptOutcome
  }

  private func attempt(_ message: ClaimedMessage) async throws(AttemptEnd) {
    let ready = try content(of: message)
    guard message.kind == .link else { throw AttemptEnd(outcome: .dead(cause: "unknown_kind")) }
    guard message.attempt <= attemptsAtMost else {
      throw AttemptEnd(outcome: .dead(cause: "too_many_attempts"))
    }
    let caller = parts.callers.value[ready.caller]
    let details = try await details(of: ready, message, caller)
    let mail = try compose(message, ready, details, caller)
    try judge(await parts.transport.deliver(mail), message)
  }

  private func content(of message: ClaimedMessage) throws(AttemptEnd) -> ClaimedMessage.Ready {
    switch message.content {
    case .ready(let ready): return ready
    case .revoked, .orphan: throw AttemptEnd(outcome: .dropped(.revoked))
    case .expired: throw AttemptEnd(outcome: .dropped(.expired))
    }
  }

  /// What the request says, with its account named. Whom the directory names is written down before
  /// the mail goes, so that the link knows it from the first click.
  private func details(
    of ready: ClaimedMessage.Ready, _ message: ClaimedMessage, _ caller: Caller
  ) async throws(AttemptEnd) -> RequestDetails {
    let details: RequestDetails
    do {
      details = try parts.vault.open(ready.sealed, kid: ready.kid, for: message.requestID)
    } catch { throw retry(message, "sealed_request_not_opened") }
    switch details.claim {
    case .known: return details
    case .none: throw AttemptEnd(outcome: .dropped(.noAccount))
    case .unasked:
      guard let directory = parts.directory(caller) else { return details }
      let account: Account?
      do {
        account = try await directory.account(for: details.email, caller: caller)
      } catch { throw retry(message, "directory_\(error.cause)") }
      guard let account else { throw AttemptEnd(outcome: .dropped(.noAccount)) }
      let named = details.naming(account)
      try await writeDown(account, named, message, caller)
      return named
    }
  }

  private func writeDown(
    _ account: Account, _ details: RequestDetails, _ message: ClaimedMessage, _ caller: Caller
  ) async throws(AttemptEnd) {
    let isHeld: Bool
    do {
      isHeld = try await parts.outbox.name(
        try parts.vault.accountKey(id: account.id, caller: caller.name),
        sealed: try parts.vault.seal(details, for: message.requestID), for: message)
    } catch { throw retry(message, "account_not_written") }
    // Either the lease is another's, and then this end changes nothing, or the request has been
    // revoked meanwhile.
    guard isHeld else { throw AttemptEnd(outcome: .dropped(.revoked)) }
  }

  private func compose(
    _ message: ClaimedMessage, _ ready: ClaimedMessage.Ready, _ details: RequestDetails,
    _ caller: Caller
  ) throws(AttemptEnd) -> RenderedMail {
    let token: String
    // Under the key that sealed the row, so that another attempt after a rotation carries this link.
    do {
      token = try parts.vault.mint(.reset, for: message.requestID, under: ready.kid)
    } catch {
      throw retry(message, "token_not_minted")
    }
    let letter = LinkLetter(
      messageID: message.id, to: details.mailedTo, from: caller.settings.mailFrom,
      brand: caller.settings.brand, locale: details.account?.locale ?? details.locale,
      link: parts.link(token), createdAt: ready.createdAt, lifetime: parts.lifetime,
      data: details.data)
    do { return try parts.composer.compose(letter) } catch {
      throw retry(message, "template_\(error.cause)")
    }
  }

  private func judge(
    _ outcome: DeliveryOutcome, _ message: ClaimedMessage
  ) throws(AttemptEnd) {
    switch outcome {
    case .delivered: return
    case .transient(let cause): throw retry(message, cause)
    case .permanent(let cause): throw AttemptEnd(outcome: .dead(cause: cause))
    case .uncertain(let cause):
      let pause = parts.schedule.pauseAfterUncertain(
        attempt: message.attempt, random: .random(in: 0..<1))
      throw AttemptEnd(outcome: .retry(after: pause, cause: "uncertain_\(cause)"))
    }
  }

  /// What was interrupted before anything left is due again at once, for another worker.
  private func retry(_ message: ClaimedMessage, _ cause: String) -> AttemptEnd {
    if Task.isCancelled { return AttemptEnd(outcome: .released) }
    let pause = parts.schedule.pause(after: message.attempt, random: .random(in: 0..<1))
    return AttemptEnd(outcome: .retry(after: pause, cause: cause))
  }

  /// Names the request, never the address.
  private func log(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome, _ ending: Ending, took: Duration
  ) {
    var metadata: Logger.Metadata = [
      "request_id": "\(message.requestID)", "attempt": "\(message.attempt)",
      "outcome": "\(ending == .held ? outcome.label : ending.rawValue)",
      "ms": "\(took.wholeMilliseconds)",
    ]
    if let cause = outcome.logged { metadata["cause"] = "\(cause)" }
    let isTrouble = ending != .held || outcome.label == "retry" || outcome.label == "dead"
    logger.log(level: isTrouble ? .warning : .info, "message", metadata: metadata)
  }
}

extension AttemptOutcome {
  fileprivate var label: String {
    switch self {
    case .sent: "sent"
    case .retry: "retry"
    case .dead: "dead"
    case .dropped: "dropped"
    case .released: "released"
    }
  }

  fileprivate var logged: String? {
    switch self {
    case .retry(_, let cause), .dead(let cause): cause
    case .dropped(let reason): reason.rawValue
    case .sent, .released: nil
    }
  }
}

extension Duration {
  fileprivate var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
