import Logging
import PasswordReset
import ServiceLifecycle

/// How an attempt ends other than by being sent.
struct AttemptEnd: Error {
  let outcome: AttemptOutcome
  /// What the main app is told of it.
  var report: EventType?
  var transport: String?
}

/// Writes the ends of attempts down, and says them in the log.
struct AttemptBook: Sendable {
  let outbox: any Outbox
  let schedule: RetrySchedule
  let giveUp: GiveUp
  let logger: Logger

  /// How the end of an attempt was written down.
  private enum Ending: String {
    case held
    case leaseLost = "lease_lost"
    case notWritten = "end_not_written"
  }

  /// Ends the attempt, whatever happens; if even that fails the lease runs out and it is due again.
  func finish(_ held: HeldMessage, _ end: AttemptEnd) async {
    let ending = await write(held.message, end)
    log(held, end, ending)
  }

  /// Written again until the database has answered: without this a mail that went out would go out
  /// again. The lease is renewed meanwhile, so no other worker takes the message. A process that is
  /// told to end does not wait for a database that is away: then the lease decides.
  private func write(_ message: ClaimedMessage, _ end: AttemptEnd) async -> Ending {
    for pause in schedule.pausesOfFinish {
      if let isHeld = try? await outbox.finish(message, end.outcome, report: end.report) {
        return isHeld ? .held : .leaseLost
      }
      if Task.isCancelled || Task.isShuttingDownGracefully { break }
      // A pause between tries against a database that is away.
      try? await Task.sleep(for: pause)
    }
    return .notWritten
  }

  /// Until the message is given up; nothing where that moment has passed.
  func left(_ held: HeldMessage) -> WholeDuration {
    let message = held.message
    let age = message.claimedAt.microseconds - message.queuedAt.microseconds
    let since = (ContinuousClock.now - held.since).components.seconds
    let limit = giveUp.limit(for: message.kind).seconds
    return WholeDuration(seconds: max(0, limit - max(0, age) / 1_000_000 - since))
  }

  /// Later, or never where the next try would come too late. What was interrupted before anything
  /// left is due again at once, for another worker.
  func retry(
    _ held: HeldMessage, _ cause: String, askedFor: WholeDuration? = nil
  ) -> AttemptEnd {
    if Task.isCancelled { return handBack }
    let pause = schedule.pause(
      after: held.message.failures + 1, askedFor: askedFor, left: left(held),
      random: .random(in: 0..<1))
    guard let pause else { return tooLate(held.message) }
    return AttemptEnd(outcome: .retry(after: pause, cause: cause))
  }

  /// Due again at once, and nothing is counted.
  var handBack: AttemptEnd { AttemptEnd(outcome: .released(after: WholeDuration(seconds: 0))) }

  func retryAfterUncertain(_ held: HeldMessage, _ cause: String) -> AttemptEnd {
    let pause = schedule.pauseAfterUncertain(
      failures: held.message.failures + 1, left: left(held), random: .random(in: 0..<1))
    guard let pause else { return tooLate(held.message) }
    return AttemptEnd(outcome: .uncertain(after: pause, cause: "uncertain_\(cause)"))
  }

  /// A link that would arrive dead is dropped; what has no link may still be wanted by somebody.
  func tooLate(_ message: ClaimedMessage) -> AttemptEnd {
    switch message.kind {
    case .link, .noAccount: AttemptEnd(outcome: .dropped(.expired))
    case .changed, .event: AttemptEnd(outcome: .dead(cause: "gave_up"))
    }
  }

  /// Names the request, never the address.
  private func log(_ held: HeldMessage, _ end: AttemptEnd, _ ending: Ending) {
    let message = held.message
    var metadata: Logger.Metadata = [
      "request_id": "\(message.requestID)", "kind": "\(message.kind.rawValue)",
      "attempt": "\(message.attempt)",
      "outcome": "\(ending == .held ? end.outcome.label : ending.rawValue)",
      "ms": "\((ContinuousClock.now - held.since).wholeMilliseconds)",
    ]
    if let cause = end.outcome.logged { metadata["cause"] = "\(cause)" }
    if let transport = end.transport { metadata["transport"] = "\(transport)" }
    let isTrouble = ending != .held || ["retry", "dead"].contains(end.outcome.label)
    logger.log(level: isTrouble ? .warning : .info, "message", metadata: metadata)
  }
}

extension AttemptOutcome {
  fileprivate var label: String {
    switch self {
    case .sent: "sent"
    case .retry, .uncertain: "retry"
    case .dead: "dead"
    case .dropped: "dropped"
    case .released: "released"
    }
  }

  fileprivate var logged: String? {
    switch self {
    case .retry(_, let cause), .uncertain(_, let cause), .dead(let cause): cause
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
