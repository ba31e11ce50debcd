/// The instant after which a call gives up. All waits of one call share one deadline.
struct Deadline: Sendable {
  let instant: ContinuousClock.Instant

  private init(instant: ContinuousClock.Instant) {
    self.instant = instant
  }

  /// `limit` is cut to 0 s … 1 h, so that no outside number can overflow.
  init(after limit: Duration) {
    instant = .now + min(max(limit, .zero), .seconds(3600))
  }

  var remaining: Duration { ContinuousClock.now.duration(to: instant) }

  var hasPassed: Bool { remaining <= .zero }

  /// For poll(2): rounded up, so that a wait never ends just before the deadline.
  var millisecondsLeft: Int32 {
    let left = remaining
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    return Int32(clamping: seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000 &+ 1)
  }

  func orSooner(_ limit: Duration) -> Deadline {
    let other = Deadline(after: limit)
    return other.instant < instant ? other : self
  }
}
