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

  /// - Parameter width: mails on the way at once by each transport.
  public init(_ links: [Link], width: Int, logger: Logger) {
    self.links = links
    self.width = width
    self.logger = logger
    let now = ContinuousClock.now
    breakers = Mutex(links.map { _ in CircuitBreaker(width: width, now: now) })
  }

  /// How every transport fares.
  public var states: [TransportState] {
    let now = ContinuousClock.now
    return breakers.withLock { breakers in
      zip(links, breakers).map { link, breaker in
        TransportState(
          transport: link.name, state: breaker.state, cause: breaker.cause,
          since: now - breaker.changedAt)
      }
    }
  }

  /// How many mails should be at hand: those that there is a place for, and as many again where
  /// everything flows.
  var appetite: Int {
    let now = ContinuousClock.now
    return breakers.withLock { breakers in
      guard let index = Self.choice(of: breakers, now) else { return 0 }
      return breakers[index].room(now) + (breakers[index].isWideOpen ? min(max(width, 8), 64) : 0)
    }
  }

  /// The place of the next mail, if it can begin now.
  func enter() -> Place? {
    let now = ContinuousClock.now
    return breakers.withLock { breakers in
      guard let index = Self.choice(of: breakers, now), breakers[index].room(now) > 0 else {
        return nil
      }
      breakers[index].begin(now)
      return Place(index: index)
    }
  }

  func leave(_ place: Place) {
    breakers.withLock { $0[place.index].leave() }
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

  /// Tries the transport of the place, and on a transient failure those after it. The place is left.
  func deliver(_ mail: RenderedMail, under lease: any Lease, at place: Place) async -> Result {
    var place: Place? = place
    var result = Result(
      outcome: .transient(cause: "no_transport", blame: .transport), transport: "none")
    var pauses: [WholeDuration?] = []
    while let current = place {
      let start = ContinuousClock.now
      let outcome = await links[current.index].transport.deliver(mail, under: lease)
      settle(current, outcome, took: ContinuousClock.now - start)
      result = Result(outcome: outcome, transport: links[current.index].name)
      guard case .transient(_, _, let askedFor) = outcome, lease.isHeld, !Task.isCancelled else {
        return result
      }
      pauses.append(askedFor)
      place = next(after: current)
    }
    return result.askingFor(pauses)
  }

  private func next(after place: Place) -> Place? {
    let now = ContinuousClock.now
    return breakers.withLock { breakers in
      let later = breakers.indices.dropFirst(place.index + 1)
      guard let index = later.first(where: { !breakers[$0].isShut(now) }) else { return nil }
      breakers[index].begin(now)
      return Place(index: index)
    }
  }

  private func settle(_ place: Place, _ outcome: DeliveryOutcome, took: Duration) {
    let now = ContinuousClock.now
    let (before, after) = breakers.withLock { breakers in
      let before = breakers[place.index].state
      breakers[place.index].leave()
      switch outcome {
      // The end of this process or of its lease says nothing about the way.
      case .transient where Task.isCancelled: break
      case .transient(let cause, .transport, let askedFor):
        breakers[place.index].fail(cause, askedFor: askedFor, random: .random(in: 0..<1), now)
      case .uncertain(let cause):
        breakers[place.index].fail(cause, askedFor: nil, random: .random(in: 0..<1), now)
      case .transient(let cause, .message, _) where cause == "lease_lost": break
      case .delivered, .permanent, .transient: breakers[place.index].succeed(took: took, now)
      }
      return (before, breakers[place.index].state)
    }
    if before != after { log(place, after, outcome) }
  }

  private func log(
    _ place: Place, _ state: TransportState.State, _ outcome: DeliveryOutcome
  ) {
    var metadata: Logger.Metadata = [
      "transport": "\(links[place.index].name)", "state": "\(state.rawValue)",
    ]
    switch outcome {
    case .transient(let cause, _, _), .uncertain(let cause): metadata["cause"] = "\(cause)"
    case .delivered, .permanent: break
    }
    logger.log(level: state == .closed ? .notice : .warning, "transport", metadata: metadata)
  }
}

extension TransportChain.Result {
  /// With the shortest of the pauses, where every transport asked for one.
  fileprivate func askingFor(_ pauses: [WholeDuration?]) -> TransportChain.Result {
    guard case .transient(let cause, let blame, _) = outcome else { return self }
    let known = pauses.compactMap { $0 }
    return TransportChain.Result(
      outcome: .transient(
        cause: cause, blame: blame, retryAfter: known.count == pauses.count ? known.min() : nil),
      transport: transport)
  }
}
