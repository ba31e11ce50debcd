public import Logging
public import PasswordReset
import Synchronization

/// Takes one claimed event to the main app that wants it. Each app has a circuit breaker of its own:
/// one that is away does not hold up the events of others.
public struct EventCourier: Sendable {
  public struct Parts: Sendable {
    public var outbox: any Outbox
    public var vault: Vault
    /// The way to a caller's main app; nil where it does not want to know (any more).
    public var transport: @Sendable (String) -> (any EventTransport)?
    public var giveUp: GiveUp
    /// At once, to one app.
    public var width: Int
    public var schedule: RetrySchedule

    public init(
      outbox: any Outbox, vault: Vault,
      transport: @escaping @Sendable (String) -> (any EventTransport)?, giveUp: GiveUp, width: Int,
      schedule: RetrySchedule = RetrySchedule(cap: WholeDuration(seconds: 3600))
    ) {
      self.outbox = outbox
      self.vault = vault
      self.transport = transport
      self.giveUp = giveUp
      self.width = width
      self.schedule = schedule
    }
  }

  private let parts: Parts
  private let book: AttemptBook
  private let breakers = Breakers()

  public init(_ parts: Parts, logger: Logger) {
    self.parts = parts
    book = AttemptBook(
      outbox: parts.outbox, schedule: parts.schedule, giveUp: parts.giveUp, logger: logger)
  }

  func deliver(_ held: HeldMessage) async {
    await book.finish(held, await attempt(held))
  }

  private func attempt(_ held: HeldMessage) async -> AttemptEnd {
    let message = held.message
    guard case .ready(let ready) = message.content else {
      // Without its request there is nothing to tell.
      if case .expired = message.content { return book.tooLate(message) }
      return AttemptEnd(outcome: .dropped(.revoked))
    }
    guard let transport = parts.transport(ready.caller) else {
      return AttemptEnd(outcome: .dead(cause: "events_not_configured"))
    }
    if let pause = breakers.enter(ready.caller, width: parts.width) {
      return AttemptEnd(outcome: .released(after: pause))
    }
    guard let event = event(message, ready) else {
      breakers.leave(ready.caller, nil, took: .zero)
      return book.retry(held, "sealed_request_not_opened")
    }
    let start = ContinuousClock.now
    let outcome = await transport.deliver(event)
    breakers.leave(ready.caller, outcome, took: ContinuousClock.now - start)
    switch outcome {
    case .delivered: return AttemptEnd(outcome: .sent)
    case .permanent(let cause, _): return AttemptEnd(outcome: .dead(cause: cause))
    case .transient(let cause, _, let askedFor):
      return book.retry(held, cause, askedFor: askedFor)
    // Its id tells the app that it has seen it, so there is no need to wait.
    case .uncertain(let cause): return book.retry(held, cause)
    }
  }

  private func event(_ message: ClaimedMessage, _ ready: ClaimedMessage.Ready) -> Event? {
    guard let type = ready.event,
      let details = try? parts.vault.open(ready.sealed, kid: ready.kid, for: message.requestID)
    else { return nil }
    return Event(
      id: message.id, type: type, at: message.id.createdAt, requestID: message.requestID,
      accountID: details.account?.id, email: details.mailedTo, cause: ready.cause)
  }
}

/// One breaker for each caller's app.
private final class Breakers: Sendable {
  private let byCaller = Mutex<[String: CircuitBreaker]>([:])

  /// Nil where the event may go; else how long it has to wait.
  func enter(_ caller: String, width: Int) -> WholeDuration? {
    let now = ContinuousClock.now
    return byCaller.withLock { byCaller in
      var breaker = byCaller[caller] ?? CircuitBreaker(width: width, now: now)
      guard breaker.room(now) > 0 else {
        let wait = breaker.probeAt.map { ($0 - now).components.seconds + 1 } ?? 1
        return WholeDuration(seconds: max(1, wait))
      }
      breaker.begin(now)
      byCaller[caller] = breaker
      return nil
    }
  }

  func leave(_ caller: String, _ outcome: DeliveryOutcome?, took: Duration) {
    let now = ContinuousClock.now
    byCaller.withLock { byCaller in
      byCaller[caller]?.leave()
      switch outcome {
      case nil: break
      case .delivered?, .permanent?: byCaller[caller]?.succeed(took: took, now)
      case .transient(let cause, _, let askedFor)?:
        byCaller[caller]?.fail(cause, askedFor: askedFor, random: .random(in: 0..<1), now)
      case .uncertain(let cause)?:
        byCaller[caller]?.fail(cause, askedFor: nil, random: .random(in: 0..<1), now)
      }
    }
  }
}
