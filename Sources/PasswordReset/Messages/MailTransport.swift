/// A way to hand a mail over.
public protocol MailTransport: Sendable {
  /// - Parameters:
  ///   - lease: asked right before the mail itself goes out; where it is lost, nothing goes and the
  ///     outcome is `.transient` with the cause `lease_lost`.
  ///   - patience: how long each step may take before the mail itself has gone out. From then on
  ///     only the transport's own timeout counts: nobody can tell any more whether it arrived.
  func deliver(
    _ mail: RenderedMail, under lease: any Lease, patience: Duration
  ) async -> DeliveryOutcome
}

/// A worker's time-limited claim on a message, as the process that holds it can judge it.
public protocol Lease: Sendable {
  var isHeld: Bool { get }
}
