public import PasswordReset

/// When a message is tried again: exponential with full jitter, so that a backlog does not come back
/// as one wave, and fitted to the time that the message has left. A pure function of its arguments.
public struct RetrySchedule: Sendable {
  /// The longest pause after the first failure.
  public var base: WholeDuration
  /// The longest pause of all.
  public var cap: WholeDuration
  /// The least pause after an attempt that may have arrived (RFC 5321 §4.5.3.2.6 lets a server take
  /// up to ten minutes for its final reply; most answer or drop within five).
  public var uncertain: WholeDuration

  /// Before the end of an attempt is written down again, for as long as a failover may take.
  public var pausesOfFinish: [Duration] =
    [.milliseconds(100), .milliseconds(500), .seconds(2)] + Array(repeating: .seconds(5), count: 24)

  public init(
    base: WholeDuration = WholeDuration(seconds: 10),
    cap: WholeDuration = WholeDuration(seconds: 300),
    uncertain: WholeDuration = WholeDuration(seconds: 300)
  ) {
    self.base = base
    self.cap = cap
    self.uncertain = uncertain
  }

  /// - Parameters:
  ///   - failures: how many there were, this one included.
  ///   - left: until the message is given up.
  ///   - random: 0 up to 1.
  /// - Returns: 1 s up to `base` doubled with each failure, at most `cap` and at most a quarter of
  ///   the time left, so that there is always a next try; nil where no time is left.
  public func pause(after failures: Int, left: WholeDuration, random: Double) -> WholeDuration? {
    guard left.seconds > 1 else { return nil }
    let doublings = min(max(failures - 1, 0), 20)
    let longest = min(cap.seconds, base.seconds << Int64(doublings), max(1, left.seconds / 4))
    return WholeDuration(seconds: max(1, Int64((Double(longest) * random).rounded(.up))))
  }

  /// As `pause`, but what the other side asked for wins.
  public func pause(
    after failures: Int, askedFor: WholeDuration?, left: WholeDuration, random: Double
  ) -> WholeDuration? {
    guard let pause = pause(after: failures, left: left, random: random) else { return nil }
    guard let askedFor else { return pause }
    // Not all at the first moment.
    let wanted = max(1, askedFor.seconds) + min(pause.seconds, 10)
    return wanted < left.seconds ? WholeDuration(seconds: wanted) : nil
  }

  /// As `pause`, but never before the other side must have decided.
  public func pauseAfterUncertain(
    failures: Int, left: WholeDuration, random: Double
  ) -> WholeDuration? {
    guard let pause = pause(after: failures, left: left, random: random) else { return nil }
    let wanted = uncertain.seconds + pause.seconds
    return wanted < left.seconds ? WholeDuration(seconds: wanted) : nil
  }
}
