import Synchronization

/// Time that moves when a test says so.
final class TestClock: Sendable {
  private let time = Mutex(ContinuousClock.now)

  var now: ContinuousClock.Instant { time.withLock { $0 } }

  func advance(by step: Duration) { time.withLock { $0 += step } }
}
