public import PasswordReset

/// When a message is tried again: exponential with full jitter, so that a backlog does not come back
/// as one wave. A pure function of the attempt and a random number.
public struct RetrySchedule: Sendable {
  /// The longest pause after the first attempt.
  public var base: WholeDuration
  /// The longest pause of all.
  public var cap: WholeDuration
  /// The least pause after an attempt that may have arrived.
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
  ///   - attempt: the one that failed, from 1.
  ///   - random: 0 up to 1.
  /// - Returns: 1 s up to `base` doubled with each attempt, at most `cap`.
  public func pause(after attempt: Int, random: Double) -> WholeDuration {
    let doublings = min(max(attempt - 1, 0), 20)
    let longest = min(cap.seconds, base.seconds << Int64(doublings))
    return WholeDuration(seconds: max(1, Int64((Double(longest) * random).rounded(.up))))
  }

  /// As `pause`, but never before the other side must have decided (RFC 5321 §4.5.3.2.6: up to ten
  /// minutes for the final reply; most answer or drop within five).
  public func pauseAfterUncertain(attempt: Int, random: Double) -> WholeDuration {
    WholeDuration(seconds: uncertain.seconds + pause(after: attempt, random: random).seconds)
  }
}
