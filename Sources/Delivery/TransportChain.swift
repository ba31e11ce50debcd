public import Logging
public import PasswordReset

/// The transports in their order of preference, each with its circuit breaker. A mail goes to the
/// next one on a transient failure of the first, and never after an attempt that may have arrived.
public struct TransportChain: Sendable {
  public struct Link: Sendable {
    /// `1-smtp`
    public let name: String
    public let transport: any MailTransport

    public init(name: String, transport: any MailTransport) {
      self.name = name
      self.transport = transport
    }
  }

  /// What became of a mail, and where.
  struct Result: Sendable, Equatable {
    let outcome: DeliveryOutcome
    let transport: String
  }

  let permits: TransportPermits
  private let links: [Link]

  /// - Parameter width: mails on the way at once by each transport.
  public init(_ links: [Link], width: Int, logger: Logger) {
    self.init(links, width: width, logger: logger) { .now }
  }

  init(
    _ links: [Link], width: Int, logger: Logger,
    now: @escaping @Sendable () -> ContinuousClock.Instant
  ) {
    self.links = links
    permits = TransportPermits(links.map(\.name), width: width, logger: logger, now: now)
  }

  /// How every transport fares.
  public var states: [TransportState] { permits.states }

  /// Tries the transport of the permit, and on a transient failure those after it.
  func deliver(
    _ mail: RenderedMail, under lease: any Lease, with permit: consuming TransportPermits.Permit
  ) async -> Result {
    var result: Result
    var pauses: [WholeDuration?] = []
    repeat {
      let (start, link) = (permits.now(), links[permit.transport])
      let patience = permit.depart(start)
      let outcome = await link.transport.deliver(mail, under: lease, patience: patience)
      permit.settle(outcome, since: start)
      result = Result(outcome: outcome, transport: link.name)
      guard case .transient(_, _, let askedFor) = outcome, !outcome.isLeaseLost, lease.isHeld,
        !Task.isCancelled
      else { return result }
      pauses.append(askedFor)
    } while permit.passOn()
    return result.askingFor(pauses, of: links.count)
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
