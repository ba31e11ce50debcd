import PasswordReset
import Synchronization

/// One circuit breaker for each caller's app.
final class EventBreakers: Sendable {
  enum Answer {
    case ended(DeliveryOutcome)
    /// Not now, but after so long.
    case mustWait(WholeDuration)
  }

  private enum Entry {
    case permit(CircuitBreaker.Permit)
    case wait(WholeDuration)
  }

  private let width: Int
  private let now: @Sendable () -> ContinuousClock.Instant
  private let byCaller = Mutex<[String: CircuitBreaker]>([:])

  /// - Parameter width: events on the way at once to one app.
  init(width: Int, now: @escaping @Sendable () -> ContinuousClock.Instant) {
    self.width = width
    self.now = now
  }

  /// Sends under a permit that comes back with the outcome.
  func withPermit(
    for caller: String, _ send: () async -> DeliveryOutcome
  ) async -> Answer {
    switch enter(caller) {
    case .wait(let pause): return .mustWait(pause)
    case .permit(let permit):
      let outcome = await send()
      let now = now()
      byCaller.withLock { $0[caller]?.end(permit, outcome, took: .zero, now) }
      return .ended(outcome)
    }
  }

  private func enter(_ caller: String) -> Entry {
    let now = now()
    return byCaller.withLock { byCaller in
      var breaker = byCaller[caller] ?? CircuitBreaker(width: width, now: now)
      guard breaker.room(now) > 0 else { return .wait(breaker.wait(now)) }
      defer { byCaller[caller] = breaker }
      return .permit(breaker.begin(now))
    }
  }
}

extension CircuitBreaker {
  /// Not all that wait come back at once: one of them probes, and the others would only be handed
  /// back again.
  fileprivate func wait(_ now: Instant) -> WholeDuration {
    if state == .closed { return WholeDuration(seconds: 1) }
    let pause = max(0, probeAt.map { ($0 - now).components.seconds } ?? 0)
    return WholeDuration(seconds: pause + .random(in: 1...10))
  }
}
