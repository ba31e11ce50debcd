public import Logging
public import PasswordReset
import Synchronization

/// Takes one claimed event to the main app that wants it. Each app has a circuit breaker of its own:
/// one that is away does not hold up the events of others.
public struct EventDelivery: Sendable {
  public struct Parts: Sendable {
    public var outbox: any Outbox
    public var vault: Vault
    /// The way to a caller's main app; nil where it does not want to know (any more).
    public var transport: @Sendable (String) -> (any EventTransport)?
    public var giveUp: GiveUp
    /// At once, to one app.
    public var width: Int
    /// Attempts that never ended after which an event is a dead letter: it takes its workers down.
    public var poisonAfter: Int
    public var schedule: RetrySchedule

    public init(
      outbox: any Outbox, vault: Vault,
      transport: @escaping @Sendable (String) -> (any EventTransport)?, giveUp: GiveUp, width: Int,
      poisonAfter: Int,
      schedule: RetrySchedule = RetrySchedule(cap: WholeDuration(seconds: 3600))
    ) {
      self.outbox = outbox
      self.vault = vault
      self.transport = transport
      self.giveUp = giveUp
      self.width = width
      self.poisonAfter = poisonAfter
      self.schedule = schedule
    }
  }

  private let parts: Parts
  private let book: AttemptBook
  private let queues: EventQueues

  public init(_ parts: Parts, logger: Logger) {
    self.init(parts, logger: logger) { .now }
  }

  init(
    _ parts: Parts, logger: Logger, now: @escaping @Sendable () -> ContinuousClock.Instant
  ) {
    self.parts = parts
    queues = EventQueues { caller in
      // Nobody waits here, for it would be with a permit of all apps' events.
      DependencyQueue(
        "receiver", caller, width: parts.width, waiting: 0...0, logger: logger, now: now)
    }
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
    guard message.lost < parts.poisonAfter else {
      return AttemptEnd(outcome: .dead(cause: "poison"))
    }
    guard let transport = parts.transport(ready.caller) else {
      return AttemptEnd(outcome: .dead(cause: "events_not_configured"))
    }
    guard let event = event(message, ready) else {
      return book.retry(held, "sealed_request_not_opened")
    }
    guard held.isHeld else { return book.handBack }
    let answer = await queues[ready.caller].call(judge: { $0 }) { await transport.deliver(event) }
    switch answer {
    case .mustWait(let pause): return AttemptEnd(outcome: .released(after: pause))
    case .ended(let outcome): return end(of: outcome, held)
    }
  }

  private func end(of outcome: DeliveryOutcome, _ held: HeldMessage) -> AttemptEnd {
    switch outcome {
    case .delivered: AttemptEnd(outcome: .sent)
    case .permanent(let cause, _): AttemptEnd(outcome: .dead(cause: cause))
    case .transient(let cause, _, let askedFor): book.retry(held, cause, askedFor: askedFor)
    // Its id tells the app that it has seen it, so there is no need to wait.
    case .uncertain(let cause): book.retry(held, cause)
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

extension EventDelivery: MessageDelivery {
  /// As many as the queue's limit lets through: whose event it is shows only when it is opened.
  var demand: Int { .max }

  func first(_ message: HeldMessage) -> Step {
    .ready { { await deliver(message) } }
  }
}

/// One queue for each caller's app.
private final class EventQueues: Sendable {
  private let make: @Sendable (String) -> DependencyQueue
  private let byCaller = Mutex<[String: DependencyQueue]>([:])

  init(_ make: @escaping @Sendable (String) -> DependencyQueue) { self.make = make }

  subscript(caller: String) -> DependencyQueue {
    byCaller.withLock { byCaller in
      let queue = byCaller[caller] ?? make(caller)
      byCaller[caller] = queue
      return queue
    }
  }
}
