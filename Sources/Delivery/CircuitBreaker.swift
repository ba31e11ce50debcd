public import PasswordReset

/// Whether a way is worth trying. A pure state machine: moments and random numbers come in.
///
/// After some failures in a row it opens; when its pause is over, one message at a time probes, and
/// the first that gets through closes it. While it closes, the number of messages that may be on the
/// way at once grows from 2 with every success, so that a server which has just come back, or whose
/// state is not known yet, is not met by all at once.
public struct CircuitBreaker: Sendable {
  public typealias Instant = ContinuousClock.Instant

  /// Failures in a row that open it.
  static let threshold = 3
  /// The longest pause after it first opened, doubled with each probe that fails, up to `longest`.
  static let shortest: Duration = .seconds(2)
  static let longest: Duration = .seconds(60)
  /// The longest that somebody who asks to be left alone is.
  static let longestAskedFor: Duration = .seconds(3600)

  private enum State {
    case closed(failures: Int)
    case open(until: Instant, trips: Int)
    case halfOpen(trips: Int)
  }

  private let width: Int
  private var breaker = State.closed(failures: 0)
  private var window: Int
  private(set) var onTheWay = 0
  private var progressAt: Instant
  private var usualTime: Duration = .zero
  private(set) var cause: String?
  private(set) var changedAt: Instant

  /// - Parameter width: messages on the way at once, at most.
  public init(width: Int, now: Instant) {
    self.width = width
    window = min(2, width)
    progressAt = now
    changedAt = now
  }

  public var state: TransportState.State {
    switch breaker {
    case .closed: .closed
    case .open: .open
    case .halfOpen: .halfOpen
    }
  }

  /// How many more messages may go now.
  public func room(_ now: Instant) -> Int {
    switch breaker {
    case .closed: max(0, window - onTheWay)
    case .open(let until, _): until <= now && onTheWay == 0 ? 1 : 0
    case .halfOpen: onTheWay == 0 ? 1 : 0
    }
  }

  /// It takes as many as it ever will, so there is a use for more being at hand.
  public var isWideOpen: Bool {
    if case .closed = breaker { window == width } else { false }
  }

  /// Open, and not due for a probe. What is on its way from before does not matter.
  public func isShut(_ now: Instant) -> Bool {
    if case .open(let until, _) = breaker { now < until } else { false }
  }

  /// When the next probe is due, while it is shut.
  public var probeAt: Instant? {
    if case .open(let until, _) = breaker { until } else { nil }
  }

  /// Full, and nothing has come back for so long that the next way should be taken: a second, and
  /// three times what it usually takes.
  public func isStalled(_ now: Instant) -> Bool {
    onTheWay >= window && now - progressAt > .seconds(1) + usualTime * 3
  }

  public mutating func begin(_ now: Instant) {
    if case .open(let until, let trips) = breaker, until <= now { change(.halfOpen(trips: trips), now) }
    if onTheWay == 0 { progressAt = now }
    onTheWay += 1
  }

  /// What began has ended, with whatever result.
  public mutating func leave() { onTheWay = max(0, onTheWay - 1) }

  /// The way works.
  public mutating func succeed(took: Duration, _ now: Instant) {
    progressAt = now
    usualTime = usualTime == .zero ? took : (usualTime * 7 + took) / 8
    window = min(width, window * 2)
    cause = nil
    switch breaker {
    case .closed: breaker = .closed(failures: 0)
    // What began before it opened says little, but a way that delivers is no dead one.
    case .open, .halfOpen:
      window = min(2, width)
      change(.closed(failures: 0), now)
    }
  }

  /// - Parameters:
  ///   - askedFor: how long the other side asked to be left alone.
  ///   - random: 0 up to 1.
  public mutating func fail(
    _ cause: String, askedFor: WholeDuration?, random: Double, _ now: Instant
  ) {
    progressAt = now
    self.cause = cause
    window = max(1, window / 2)
    if let askedFor {
      let pause = min(askedFor.duration, Self.longestAskedFor)
      return change(.open(until: now + pause, trips: 0), now)
    }
    switch breaker {
    case .closed(let failures):
      if failures + 1 < Self.threshold {
        breaker = .closed(failures: failures + 1)
      } else {
        trip(0, random, now)
      }
    case .halfOpen(let trips): trip(trips + 1, random, now)
    // Began before it opened.
    case .open: break
    }
  }

  private mutating func trip(_ trips: Int, _ random: Double, _ now: Instant) {
    let doubled = Self.shortest * (1 << min(trips, 10))
    let pause = min(doubled, Self.longest)
    change(.open(until: now + pause * (0.5 + random / 2), trips: trips), now)
  }

  private mutating func change(_ state: State, _ now: Instant) {
    breaker = state
    changedAt = now
  }
}
