import Logging
import PasswordReset
import Synchronization

/// The way to one directory, or to one receiver of events: so many calls at once, so many more that
/// wait their turn, and a circuit breaker. Who finds no place is told when to come again, so that
/// nobody waits here with something that a stranger needs.
final class DependencyQueue: Sendable {
  typealias Instant = ContinuousClock.Instant

  enum Answer<Value: Sendable>: Sendable {
    case ended(Value)
    /// Not now, but after so long.
    case mustWait(WholeDuration)
  }

  fileprivate enum Entry {
    case permit(CircuitBreaker.Permit)
    case wait(WholeDuration)
  }

  fileprivate struct Waiter {
    let id: Int
    let continuation: CheckedContinuation<Entry, Never>
  }

  fileprivate struct State {
    var breaker: CircuitBreaker
    var waiters: [Waiter] = []
    var lastID = 0
    /// Of calls: when one last came back, or began while there was none.
    var progressAt: Instant
    /// When the last of those that were sent away comes again.
    var bookedUntil: Instant
  }

  /// What it is, and which one, as the log says it.
  private let (kind, name): (String, String)
  private let width: Int
  private let waiting: ClosedRange<Int>
  private let logger: Logger
  private let now: @Sendable () -> Instant
  private let onRoom: @Sendable () -> Void
  private let queue: Mutex<State>

  /// - Parameters:
  ///   - width: calls at once.
  ///   - waiting: how many may wait their turn: as many as have it within a second, as far as is
  ///     known.
  ///   - onRoom: told when nobody waits any more while some have been sent away.
  init(
    _ kind: String, _ name: String, width: Int, waiting: ClosedRange<Int>, logger: Logger,
    now: @escaping @Sendable () -> Instant, onRoom: @escaping @Sendable () -> Void = {}
  ) {
    (self.kind, self.name) = (kind, name)
    self.width = width
    self.waiting = waiting
    self.logger = logger
    self.now = now
    self.onRoom = onRoom
    let start = now()
    queue = Mutex(
      State(
        breaker: CircuitBreaker(width: width, now: start), progressAt: start,
        bookedUntil: start - .seconds(2)))
  }

  var state: TransportState {
    let now = now()
    return queue.withLock { queue in
      TransportState(
        transport: name, state: queue.breaker.state, cause: queue.breaker.cause,
        since: now - queue.breaker.changedAt)
    }
  }

  /// How many wait their turn.
  var waitingNow: Int { queue.withLock { $0.waiters.count } }

  /// Makes a call in its turn. Cancelled while it waits, it may come again at once.
  /// - Parameter judge: what the call's answer says of the way.
  func call<Value: Sendable>(
    judge: (Value) -> DeliveryOutcome, _ body: () async -> Value
  ) async -> Answer<Value> {
    switch await enter() {
    case .wait(let pause): return .mustWait(pause)
    case .permit(let permit):
      let start = now()
      let value = await body()
      settle(permit, judge(value), since: start)
      return .ended(value)
    }
  }
}

extension DependencyQueue {
  private func enter() async -> Entry {
    let id = queue.withLock { queue in
      queue.lastID += 1
      return queue.lastID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if let entry = place(Waiter(id: id, continuation: continuation)) {
          continuation.resume(returning: entry)
        }
      }
    } onCancel: {
      let waiter = queue.withLock { queue in
        queue.waiters.firstIndex { $0.id == id }.map { queue.waiters.remove(at: $0) }
      }
      waiter?.continuation.resume(returning: .wait(WholeDuration(seconds: 0)))
    }
  }

  /// Nil where it waits.
  private func place(_ waiter: Waiter) -> Entry? {
    let now = now()
    let (entry, isProbe) = queue.withLock { queue -> (Entry?, Bool) in
      // Who is cancelled from here on is found among those that wait.
      if Task.isCancelled { return (.wait(WholeDuration(seconds: 0)), false) }
      let before = queue.breaker.state
      if queue.waiters.isEmpty, let permit = queue.begin(now) {
        return (.permit(permit), queue.breaker.state != before)
      }
      let most = min(max(waiting.lowerBound, queue.turns(now, width)), waiting.upperBound)
      guard before == .closed, queue.waiters.count < most else {
        return (.wait(queue.book(now, width)), false)
      }
      queue.waiters.append(waiter)
      return (nil, false)
    }
    if isProbe { log(.halfOpen, cause: nil) }
    return entry
  }

  private func settle(
    _ permit: CircuitBreaker.Permit, _ outcome: DeliveryOutcome, since start: Instant
  ) {
    let now = now()
    let (change, next, hasRoom) = queue.withLock { queue in
      let before = queue.breaker.state
      queue.breaker.end(permit, outcome, took: now - start, now)
      queue.progressAt = now
      let (after, next) = (queue.breaker.state, queue.advance(now, width))
      return (
        before == after ? nil : after, next,
        after == .closed && queue.waiters.isEmpty && now < queue.bookedUntil + .seconds(2)
      )
    }
    if let change { log(change, cause: outcome.cause) }
    for (waiter, entry) in next { waiter.continuation.resume(returning: entry) }
    if hasRoom { onRoom() }
  }

  private func log(_ state: TransportState.State, cause: String?) {
    var metadata: Logger.Metadata = [kind: "\(name)", "state": "\(state.rawValue)"]
    if let cause { metadata["cause"] = "\(cause)" }
    logger.log(level: state == .open ? .warning : .notice, "\(kind)", metadata: metadata)
  }
}

extension DependencyQueue.State {
  fileprivate mutating func begin(_ now: ContinuousClock.Instant) -> CircuitBreaker.Permit? {
    guard breaker.room(now) > 0 else { return nil }
    if breaker.onTheWay == 0 { progressAt = now }
    return breaker.begin(now)
  }

  /// Those whose turn it is now; once the breaker is open, all.
  fileprivate mutating func advance(
    _ now: ContinuousClock.Instant, _ width: Int
  ) -> [(DependencyQueue.Waiter, DependencyQueue.Entry)] {
    var next: [(DependencyQueue.Waiter, DependencyQueue.Entry)] = []
    while let waiter = waiters.first {
      if breaker.state != .closed {
        next.append((waiter, .wait(book(now, width))))
      } else if let permit = begin(now) {
        next.append((waiter, .permit(permit)))
      } else {
        break
      }
      waiters.removeFirst()
    }
    return next
  }

  /// What a call takes; where nothing has come back for long, at least so long.
  private func usualTime(_ now: ContinuousClock.Instant) -> Duration {
    max(breaker.usualTime, now - progressAt)
  }

  /// How many calls come to their turn within a second.
  fileprivate func turns(_ now: ContinuousClock.Instant, _ width: Int) -> Int {
    guard breaker.usualTime > .zero else { return 0 }
    return Int(.seconds(1) / max(usualTime(now), .milliseconds(1)) * Double(width))
  }

  /// When somebody who finds no place comes again: at the pace of those that come back, so that a
  /// backlog is not taken up and put down again over and over.
  fileprivate mutating func book(_ now: ContinuousClock.Instant, _ width: Int) -> WholeDuration {
    guard breaker.state == .closed else {
      // One of them probes, and the others would only be sent away again.
      let pause = max(0, breaker.probeAt.map { ($0 - now).components.seconds } ?? 0)
      return WholeDuration(seconds: pause + .random(in: 1...10))
    }
    let pace = usualTime(now) / width
    bookedUntil = min(max(bookedUntil, now) + pace, now + .seconds(30))
    return WholeDuration(seconds: 1 + (bookedUntil - now).components.seconds)
  }
}
