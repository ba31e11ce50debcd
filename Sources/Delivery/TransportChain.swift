public import Logging
public import PasswordReset
import Synchronization

/// The transports in their order of preference, each with its circuit breaker. A mail goes to the
/// next one on a transient failure of the first, and never after an attempt that may have arrived.
public final class TransportChain: Sendable {
  public struct Link: Sendable {
    /// `1-smtp`
    public let name: String
    public let transport: any MailTransport

    public init(name: String, transport: any MailTransport) {
      self.name = name
      self.transport = transport
    }
  }

  /// A transport that counts a mail as its own until it is left.
  struct Place: Sendable {
    fileprivate let index: Int
    fileprivate var pass: CircuitBreaker.Pass
  }

  /// What became of a mail, and where.
  struct Result: Sendable, Equatable {
    let outcome: DeliveryOutcome
    let transport: String
  }

  private let links: [Link]
  private let breakers: Mutex<[CircuitBreaker]>
  private let width: Int
  private let logger: Logger
  private let now: @Sendable () -> ContinuousClock.Instant

  /// - Parameter width: mails on the way at once by each transport.
  public convenience init(_ links: [Link], width: Int, logger: Logger) {
    self.init(links, width: width, logger: logger) { .now }
  }

  init(
    _ links: [Link], width: Int, logger: Logger,
    now: @escaping @Sendable () -> ContinuousClock.Instant
  ) {
    self.links = links
    self.width = width
    self.logger = logger
    self.now = now
    let start = now()
    breakers = Mutex(links.map { _ in CircuitBreaker(width: width, now: start) })
  }

  /// How every transport fares.
  public var states: [TransportState] {
    let now = now()
    return breakers.withLock { breakers in
      zip(links, breakers).map { link, breaker in
        TransportState(
          transport: link.name, state: breaker.state, cause: breaker.cause,
          since: now - breaker.changedAt)
      }
    }
  }

  /// Mails that have a place, by each transport.
  var onTheWay: [Int] { breakers.withLock { $0.map(\.onTheWay) } }

  /// How many mails should be at hand: those that there is a place for, and where everything flows
  /// as many more as go out while the next are being claimed.
  var appetite: Int {
    let now = now()
    return breakers.withLock { breakers in
      guard let index = Self.choice(of: breakers, now) else { return 0 }
      return breakers[index].room(now) + breakers[index].ahead
    }
  }

  /// The place of the next mail, if it can begin now.
  func enter() -> Place? {
    let now = now()
    return begin(now) { breakers in
      Self.choice(of: breakers, now).flatMap { breakers[$0].room(now) > 0 ? $0 : nil }
    }
  }

  func leave(_ place: Place) {
    breakers.withLock { $0[place.index].leave(place.pass) }
  }

  /// The first that is neither shut nor stalled. One that is merely busy is waited for: the others
  /// are for when it fails.
  private static func choice(
    of breakers: [CircuitBreaker], _ now: ContinuousClock.Instant
  ) -> Int? {
    breakers.indices.first { index in
      let breaker = breakers[index]
      return breaker.room(now) > 0 || breaker.state == .closed && !breaker.isStalled(now)
    }
  }

  /// After a refusal: the first of those later in the chain that can take the mail over.
  private func next(after place: Place) -> Place? {
    let now = now()
    return begin(now) { breakers in
      breakers.indices.dropFirst(place.index + 1).first { breakers[$0].takesOver(now) }
    }
  }

  private func begin(
    _ now: ContinuousClock.Instant, at choose: ([CircuitBreaker]) -> Int?
  ) -> Place? {
    let begun = breakers.withLock { breakers -> (place: Place, isProbe: Bool)? in
      guard let index = choose(breakers) else { return nil }
      let before = breakers[index].state
      let place = Place(index: index, pass: breakers[index].begin(now))
      return (place, breakers[index].state != before)
    }
    guard let begun else { return nil }
    if begun.isProbe { log(begun.place, .halfOpen, cause: nil) }
    return begun.place
  }
}

extension TransportChain {
  /// Tries the transport of the place, and on a transient failure those after it. The place is left.
  func deliver(_ mail: RenderedMail, under lease: any Lease, at place: Place) async -> Result {
    var place: Place? = place
    var result = Result(
      outcome: .transient(cause: "no_transport", blame: .transport), transport: "none")
    var pauses: [WholeDuration?] = []
    while var current = place {
      let (start, patience) = depart(&current)
      let outcome = await links[current.index].transport.deliver(
        mail, under: lease, patience: patience)
      settle(current, outcome, since: start)
      result = Result(outcome: outcome, transport: links[current.index].name)
      guard case .transient(_, _, let askedFor) = outcome, !outcome.isLeaseLost, lease.isHeld,
        !Task.isCancelled
      else { return result }
      pauses.append(askedFor)
      place = next(after: current)
    }
    return result.askingFor(pauses, of: links.count)
  }

  /// Where another transport would take the mail, one that says nothing is not waited for as long as
  /// the only one is.
  private func depart(
    _ place: inout Place
  ) -> (start: ContinuousClock.Instant, patience: Duration) {
    let now = now()
    return breakers.withLock { breakers in
      breakers[place.index].depart(&place.pass, now)
      let later = breakers[(place.index + 1)...]
      guard later.contains(where: { $0.takesOver(now) }) else { return (now, .seconds(60)) }
      return (now, max(.seconds(5), breakers[place.index].usualTime * 4))
    }
  }

  private func settle(
    _ place: Place, _ outcome: DeliveryOutcome, since start: ContinuousClock.Instant
  ) {
    let now = now()
    let (before, after) = breakers.withLock { breakers in
      let before = breakers[place.index].state
      breakers[place.index].end(place.pass, outcome, took: now - start, now)
      return (before, breakers[place.index].state)
    }
    if before != after { log(place, after, cause: outcome.cause) }
  }

  private func log(_ place: Place, _ state: TransportState.State, cause: String?) {
    var metadata: Logger.Metadata = [
      "transport": "\(links[place.index].name)", "state": "\(state.rawValue)",
    ]
    if let cause { metadata["cause"] = "\(cause)" }
    logger.log(level: state == .open ? .warning : .notice, "transport", metadata: metadata)
  }
}

extension TransportChain.Result {
  /// With the shortest of the pauses, where every transport asked for one.
  fileprivate func askingFor(
    _ pauses: [WholeDuration?], of count: Int
  ) -> TransportChain.Result {
    guard case .transient(let cause, let blame, _) = outcome else { return self }
    let known = pauses.compactMap { $0 }
    return TransportChain.Result(
      outcome: .transient(
        cause: cause, blame: blame, retryAfter: known.count == count ? known.min() : nil),
      transport: transport)
  }
}
