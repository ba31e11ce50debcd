import Logging
import PasswordReset
import Synchronization

/// Says how many mails may be on the way at each transport of a chain: as many as its circuit breaker
/// lets through.
final class TransportPermits: Sendable {
  typealias Instant = ContinuousClock.Instant

  /// Lets one mail be on the way at one transport at a time. It comes back when its one owner lets go
  /// of it, in whatever way: it can neither be kept nor come back twice.
  struct Permit: ~Copyable, Sendable {
    private let permits: TransportPermits
    private(set) var transport: Int
    /// Nil once it is known what became of the mail at this transport.
    private var breaker: CircuitBreaker.Permit?

    fileprivate init(_ permits: TransportPermits, _ grant: Grant) {
      self.permits = permits
      (transport, breaker) = (grant.transport, grant.permit)
    }

    deinit { permits.takeBack(transport, breaker) }

    /// Comes back now.
    consuming func giveBack() {}

    /// The mail is handed over now.
    /// - Returns: how long a transport that says nothing is waited for.
    mutating func depart(_ now: Instant) -> Duration {
      permits.depart(transport, &breaker, now)
    }

    /// What became of the mail at this transport.
    mutating func settle(_ outcome: DeliveryOutcome, since start: Instant) {
      guard let settled = breaker.take() else { return }
      permits.settle(transport, settled, outcome, since: start)
    }

    /// After a refusal: for the first of those later in the chain that can take the mail over.
    mutating func passOn() -> Bool {
      guard breaker == nil, let next = permits.next(after: transport) else { return false }
      (transport, breaker) = (next.transport, next.permit)
      return true
    }
  }

  fileprivate struct Grant {
    let transport: Int
    let permit: CircuitBreaker.Permit
  }

  let breakers: Mutex<[CircuitBreaker]>
  let now: @Sendable () -> Instant
  private let names: [String]
  private let waiting = Mutex<[WakeSignal]>([])
  private let logger: Logger

  init(_ names: [String], width: Int, logger: Logger, now: @escaping @Sendable () -> Instant) {
    self.names = names
    self.logger = logger
    self.now = now
    let start = now()
    breakers = Mutex(names.map { _ in CircuitBreaker(width: width, now: start) })
  }

  var states: [TransportState] {
    let now = now()
    return breakers.withLock { breakers in
      zip(names, breakers).map { name, breaker in
        TransportState(
          transport: name, state: breaker.state, cause: breaker.cause,
          since: now - breaker.changedAt)
      }
    }
  }

  /// How many mails should be at hand: those that there is a permit for, and where everything flows
  /// as many more as go out while the next are being claimed.
  var demand: Int {
    let now = now()
    return breakers.withLock { breakers in
      guard let index = Self.choice(of: breakers, now) else { return 0 }
      return breakers[index].room(now) + breakers[index].ahead
    }
  }

  /// Wakes these whenever a permit has come back.
  func wake(_ signals: WakeSignal...) { waiting.withLock { $0 += signals } }

  /// The permit of the next mail, if it can begin now.
  func take() -> Permit? {
    let now = now()
    let grant = grant(now) { breakers in
      Self.choice(of: breakers, now).flatMap { breakers[$0].room(now) > 0 ? $0 : nil }
    }
    guard let grant else { return nil }
    return Permit(self, grant)
  }

  /// As `take`, for a job of its own that is run once. If it never is, the permit comes back with it.
  func begin(
    _ body: @escaping @Sendable (consuming Permit) async -> Void
  ) -> (@Sendable () async -> Void)? {
    guard let permit = take() else { return nil }
    let handover = Handover(permit)
    return { if let permit = handover.take() { await body(permit) } }
  }

  /// The first that is neither shut nor stalled. One that is merely busy is waited for: the others
  /// are for when it fails.
  private static func choice(of breakers: [CircuitBreaker], _ now: Instant) -> Int? {
    breakers.indices.first { index in
      let breaker = breakers[index]
      return breaker.room(now) > 0 || breaker.state == .closed && !breaker.isStalled(now)
    }
  }
}

/// Takes a permit into a closure: what a closure holds it could use more than once.
private final class Handover: Sendable {
  private let permit: Mutex<TransportPermits.Permit?>

  init(_ permit: consuming sending TransportPermits.Permit) { self.permit = Mutex(permit) }

  func take() -> TransportPermits.Permit? { permit.withLock { $0.take() } }
}

/// What a permit does.
extension TransportPermits {
  private func grant(_ now: Instant, at choose: ([CircuitBreaker]) -> Int?) -> Grant? {
    let begun = breakers.withLock { breakers -> (grant: Grant, isProbe: Bool)? in
      guard let index = choose(breakers) else { return nil }
      let before = breakers[index].state
      let grant = Grant(transport: index, permit: breakers[index].begin(now))
      return (grant, breakers[index].state != before)
    }
    guard let begun else { return nil }
    if begun.isProbe { log(begun.grant.transport, .halfOpen, cause: nil) }
    return begun.grant
  }

  fileprivate func next(after transport: Int) -> Grant? {
    let now = now()
    return grant(now) { breakers in
      breakers.indices.dropFirst(transport + 1).first { breakers[$0].takesOver(now) }
    }
  }

  /// Where another transport would take the mail, one that says nothing is not waited for as long as
  /// the only one is.
  fileprivate func depart(
    _ transport: Int, _ permit: inout CircuitBreaker.Permit?, _ now: Instant
  ) -> Duration {
    breakers.withLock { breakers in
      if var departing = permit {
        breakers[transport].depart(&departing, now)
        permit = departing
      }
      let later = breakers[(transport + 1)...]
      guard later.contains(where: { $0.takesOver(now) }) else { return .seconds(60) }
      return max(.seconds(5), breakers[transport].usualTime * 4)
    }
  }

  fileprivate func settle(
    _ transport: Int, _ permit: CircuitBreaker.Permit, _ outcome: DeliveryOutcome,
    since start: Instant
  ) {
    let now = now()
    let (before, after) = breakers.withLock { breakers in
      let before = breakers[transport].state
      breakers[transport].end(permit, outcome, took: now - start, now)
      return (before, breakers[transport].state)
    }
    if before != after { log(transport, after, cause: outcome.cause) }
  }

  fileprivate func takeBack(_ transport: Int, _ permit: CircuitBreaker.Permit?) {
    if let permit { breakers.withLock { $0[transport].leave(permit) } }
    for signal in waiting.withLock({ $0 }) { signal.send() }
  }

  private func log(_ transport: Int, _ state: TransportState.State, cause: String?) {
    var metadata: Logger.Metadata = [
      "transport": "\(names[transport])", "state": "\(state.rawValue)",
    ]
    if let cause { metadata["cause"] = "\(cause)" }
    logger.log(level: state == .open ? .warning : .notice, "transport", metadata: metadata)
  }
}
