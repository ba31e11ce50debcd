import PasswordReset

/// Whether a way is worth trying. A pure state machine: moments and random numbers come in.
///
/// After some failures in a row it opens; when its pause is over, one message at a time probes, and
/// the first that gets through closes it. While it closes, the number of messages that may be on the
/// way at once grows from 2 with every success, so that a server which has just come back, or whose
/// state is not known yet, is not met by all at once.
struct CircuitBreaker: Sendable {
  typealias Instant = ContinuousClock.Instant

  /// Lets one message through; given back once, by `leave`, `succeed` or `fail`.
  struct Permit: Sendable {
    fileprivate let number: Int
    fileprivate let period: Int
    fileprivate var hasDeparted = false
  }

  /// Failures in a row that open it.
  static let threshold = 3
  /// The longest pause after it first opened, doubled with each probe that fails, up to `longest`.
  static let shortest: Duration = .seconds(2)
  static let longest: Duration = .seconds(60)
  /// How long somebody who asks to be left alone is.
  static let askedFor: ClosedRange<Duration> = .seconds(1) ... .seconds(3600)

  private enum State {
    case closed(failures: Int)
    case open(until: Instant, trips: Int, isAskedFor: Bool)
    case halfOpen(trips: Int)
  }

  private let width: Int
  private var breaker = State.closed(failures: 0)
  private var window: Int
  private(set) var onTheWay = 0
  /// Of those, the ones that began since it last opened.
  private var ofThisPeriod = 0
  /// Of those on the way, the ones that the other side knows of.
  private var departed = 0
  private var permits = 0
  private var period = 0
  private var probe: Int?
  private var progressAt: Instant
  private(set) var usualTime: Duration = .zero
  private(set) var cause: String?
  private(set) var changedAt: Instant

  /// - Parameter width: messages on the way at once, at most; a probe may be one more.
  init(width: Int, now: Instant) {
    self.width = width
    window = min(2, width)
    progressAt = now
    changedAt = now
  }

  var state: TransportState.State {
    switch breaker {
    case .closed: .closed
    case .open: .open
    case .halfOpen: .halfOpen
    }
  }

  /// How many more messages may go now.
  func room(_ now: Instant) -> Int {
    switch breaker {
    case .closed: max(0, min(window - ofThisPeriod, width - onTheWay))
    // What is on its way from before does not matter: it may hang for minutes.
    case .open(let until, _, _): until <= now ? 1 : 0
    case .halfOpen: probe == nil ? 1 : 0
    }
  }

  /// Whether a message may go that another way has refused: up to the whole width, since it has no
  /// other permit to wait for.
  func takesOver(_ now: Instant) -> Bool {
    if case .closed = breaker { onTheWay < width } else { room(now) > 0 }
  }

  /// It takes as many as it ever will, so there is a use for more being at hand.
  var isWideOpen: Bool {
    if case .closed = breaker { window == width } else { false }
  }

  /// How many more messages should be at hand than there are permits: what goes out within the 20 ms
  /// or so that the next claim takes. No more, for after a crash each of them is a suspect.
  var ahead: Int {
    guard isWideOpen else { return 0 }
    let times = Duration.milliseconds(20) / max(usualTime, .milliseconds(1))
    return Int(min(max(Double(width) * times, 4), 128))
  }

  /// When the next probe is due, while it is shut.
  var probeAt: Instant? {
    if case .open(let until, _, _) = breaker { until } else { nil }
  }

  /// Full, and nothing has come back for half a second and three times what it usually takes, so that the
  /// next way should be taken. Those that are still being made ready do not count.
  func isStalled(_ now: Instant) -> Bool {
    room(now) == 0 && departed >= window && now - progressAt > .milliseconds(500) + usualTime * 3
  }

  /// A message takes a permit.
  mutating func begin(_ now: Instant) -> Permit {
    permits &+= 1
    if case .open(let until, let trips, _) = breaker, until <= now {
      change(.halfOpen(trips: trips), now)
    }
    if case .halfOpen = breaker, probe == nil { probe = permits }
    onTheWay += 1
    ofThisPeriod += 1
    return Permit(number: permits, period: period)
  }

  /// What took a permit is handed over now.
  mutating func depart(_ permit: inout Permit, _ now: Instant) {
    guard !permit.hasDeparted else { return }
    permit.hasDeparted = true
    if departed == 0 { progressAt = now }
    departed += 1
  }

  /// What began has ended without a word about the way.
  mutating func leave(_ permit: Permit) {
    onTheWay = max(0, onTheWay - 1)
    if permit.period == period { ofThisPeriod = max(0, ofThisPeriod - 1) }
    if permit.hasDeparted { departed = max(0, departed - 1) }
    if permit.number == probe { probe = nil }
  }

  /// The way works.
  mutating func succeed(_ permit: Permit, took: Duration, _ now: Instant) {
    leave(permit)
    progressAt = now
    usualTime = usualTime == .zero ? took : (usualTime * 7 + took) / 8
    switch breaker {
    case .closed:
      breaker = .closed(failures: 0)
      window = window > width / 2 ? width : window * 2
    // Who asked to be left alone means it, whatever still arrives from before.
    case .open(_, _, let isAskedFor) where isAskedFor: return
    // However late it says so, a way that delivers is no dead one.
    case .open, .halfOpen:
      window = min(2, width)
      change(.closed(failures: 0), now)
    }
    cause = nil
  }

  /// The way does not work.
  /// - Parameters:
  ///   - askedFor: how long the other side asked to be left alone, from 1 s to 1 h.
  ///   - random: 0 up to 1.
  mutating func fail(
    _ permit: Permit, _ cause: String, askedFor: WholeDuration?, random: Double, _ now: Instant
  ) {
    leave(permit)
    progressAt = now
    // Began before it opened: known already.
    if permit.period != period, askedFor == nil { return }
    self.cause = cause
    window = max(1, window / 2)
    if let askedFor { return leaveAlone(askedFor, now) }
    switch breaker {
    case .closed(let failures):
      if failures + 1 < Self.threshold {
        breaker = .closed(failures: failures + 1)
      } else {
        trip(0, random, now)
      }
    case .halfOpen(let trips): trip(trips + 1, random, now)
    case .open: break
    }
  }

  /// The longest that anybody asks for counts.
  private mutating func leaveAlone(_ askedFor: WholeDuration, _ now: Instant) {
    let bounds = Self.askedFor
    let pause = min(max(askedFor.duration, bounds.lowerBound), bounds.upperBound)
    open(until: max(now + pause, probeAt ?? now), trips: 0, isAskedFor: true, now)
  }

  private mutating func trip(_ trips: Int, _ random: Double, _ now: Instant) {
    let pause = min(Self.shortest * (1 << min(trips, 10)), Self.longest)
    open(until: now + pause * (0.5 + random / 2), trips: trips, isAskedFor: false, now)
  }

  private mutating func open(until: Instant, trips: Int, isAskedFor: Bool, _ now: Instant) {
    if state != .open { (period, ofThisPeriod) = (period &+ 1, 0) }
    probe = nil
    change(.open(until: until, trips: trips, isAskedFor: isAskedFor), now)
  }

  private mutating func change(_ state: State, _ now: Instant) {
    let before = self.state
    breaker = state
    if self.state != before { changedAt = now }
  }
}

extension CircuitBreaker {
  /// What became of a message says how the way fares.
  mutating func end(
    _ permit: Permit, _ outcome: DeliveryOutcome, took: Duration, _ now: Instant
  ) {
    switch outcome {
    // The end of this process or of its lease says nothing about the way.
    case .transient where Task.isCancelled, .uncertain where Task.isCancelled: leave(permit)
    case _ where outcome.isLeaseLost: leave(permit)
    case .transient(let cause, .transport, let askedFor):
      fail(permit, cause, askedFor: askedFor, random: .random(in: 0..<1), now)
    case .uncertain(let cause):
      fail(permit, cause, askedFor: nil, random: .random(in: 0..<1), now)
    case .delivered, .permanent, .transient: succeed(permit, took: took, now)
    }
  }
}

extension DeliveryOutcome {
  /// Nothing went out, because the lease ran out first.
  var isLeaseLost: Bool {
    if case .transient("lease_lost", _, _) = self { true } else { false }
  }

  /// Why it did not get through, where that may change.
  var cause: String? {
    switch self {
    case .transient(let cause, _, _), .uncertain(let cause): cause
    case .delivered, .permanent: nil
    }
  }
}
