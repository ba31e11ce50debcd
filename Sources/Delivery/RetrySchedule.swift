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
    [.milliseconds(100), .milliseconds(500)] + Array(repeating: .seconds(1), count: 120)

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
    let longest = min(cap.seconds, doubled(failures), max(1, left.seconds / 4))
    let share = random > 0 ? min(random, 1) : 0
    return WholeDuration(seconds: max(1, Int64((Double(longest) * share).rounded(.up))))
  }

  /// As `pause`, but what the other side asked for wins.
  public func pause(
    after failures: Int, askedFor: WholeDuration?, left: WholeDuration, random: Double
  ) -> WholeDuration? {
    guard let askedFor else { return pause(after: failures, left: left, random: random) }
    // Not all at the first moment.
    return pause(
      after: failures, atLeast: max(1, askedFor.seconds), spread: 10, left: left, random: random)
  }

  /// As `pause`, but never before the other side must have decided.
  public func pauseAfterUncertain(
    failures: Int, left: WholeDuration, random: Double
  ) -> WholeDuration? {
    pause(
      after: failures, atLeast: max(0, uncertain.seconds), spread: .max, left: left, random: random)
  }

  private func doubled(_ failures: Int) -> Int64 {
    let factor = Int64(1) << Int64(min(max(failures, 1) - 1, 20))
    let (pause, isTooLong) = max(0, base.seconds).multipliedReportingOverflow(by: factor)
    return isTooLong ? .max : pause
  }

  /// Fitted to the time that is left when the least pause is over.
  private func pause(
    after failures: Int, atLeast least: Int64, spread: Int64, left: WholeDuration, random: Double
  ) -> WholeDuration? {
    guard left.seconds > least else { return nil }
    let rest = WholeDuration(seconds: left.seconds - least)
    return pause(after: failures, left: rest, random: random).map {
      WholeDuration(seconds: least + min($0.seconds, spread))
    }
  }
}
