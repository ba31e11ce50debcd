import Logging
import PasswordReset
import Synchronization
import Testing

@testable import Delivery

extension TransportChain {
  /// Named `1-smtp`, `2-smtp` and so on.
  init(
    _ transports: [any MailTransport], width: Int, logger: Logger,
    now: @escaping @Sendable () -> ContinuousClock.Instant
  ) {
    let links = transports.enumerated().map {
      Link(name: "\($0.offset + 1)-smtp", transport: $0.element)
    }
    self.init(links, width: width, logger: logger, now: now)
  }

  /// Mails that have a permit, by each transport.
  var onTheWay: [Int] { permits.breakers.withLock { $0.map(\.onTheWay) } }

  /// Whether no mail can begin now.
  var isFull: Bool {
    guard let permit = permits.take() else { return true }
    permit.giveBack()
    return false
  }

  /// Takes a permit; the mail goes when the result is run.
  func begin(under lease: any Lease) throws -> @Sendable () async -> Void {
    let mail = try Sample.mail()
    return try #require(
      permits.begin { permit in _ = await deliver(mail, under: lease, with: permit) })
  }

  func deliver(under lease: any Lease) async throws -> Result {
    let mail = try Sample.mail()
    guard let permit = permits.take() else {
      Issue.record("no permit")
      return Result(outcome: .transient(cause: "no_permit", blame: .message), transport: "none")
    }
    return await deliver(mail, under: lease, with: permit)
  }
}

extension WakeSignal {
  /// How often somebody who looks only now is woken.
  func count() async -> Int {
    finish()
    var count = 0
    for await _ in stream { count += 1 }
    return count
  }
}
