public import PasswordReset
import Synchronization

/// What the database has refused a moment ago and would refuse still, so that a flood on one address
/// or one client costs no commit.
///
/// Exact: room comes only with time, and the time until then counts from before the database was
/// asked. Only a hand that takes a limit back makes room sooner. All is forgotten when that is
/// heard; where it is not, nothing is believed for longer than a second.
public final class KnownRefusals: Sendable {
  /// Full keys remembered, in two generations of half as many.
  static let capacity = 65_536

  fileprivate struct Entry {
    let limits: RateLimits
    /// By the database's clock.
    let until: Timestamp
    /// Before the database was asked.
    let asked: ContinuousClock.Instant
    let end: ContinuousClock.Instant
    var isAskedAgain = false
  }

  fileprivate struct State {
    var young: [KeyedHash: Entry] = [:]
    var old: [KeyedHash: Entry] = [:]
    var youngSince = ContinuousClock.Instant.now
    var resets = 0
  }

  private let state = Mutex(State())
  private let clock: any DatabaseClock
  private let belief: Duration

  public convenience init(clock: any DatabaseClock) {
    self.init(clock: clock, belief: .seconds(1))
  }

  /// - Parameter belief: for how long nobody asks the database again, but one draft after half of it.
  init(clock: any DatabaseClock, belief: Duration) {
    self.clock = clock
    self.belief = belief
  }

  /// The refusal of a draft that the database need not see. Never of one that may be a repeat.
  func answer(
    to draft: RequestDraft, at instant: ContinuousClock.Instant = .now
  ) -> RecordOutcome? {
    guard draft.idempotency == nil, let now = try? clock.now() else { return nil }
    return state.withLock { state in
      let address = state.find(draft.limiterKey, draft.limits.address, instant, now)
      let client = draft.clientKey.flatMap { state.find($0, draft.limits.client, instant, now) }
      guard let until = [address?.until, client?.until].compactMap({ $0 }).max() else { return nil }
      let stale = [(draft.limiterKey, address), (draft.clientKey, client)].filter { _, entry in
        entry.map { !$0.isAskedAgain && instant - $0.asked >= belief / 2 } ?? false
      }
      guard stale.isEmpty else {
        for case (let key?, _) in stale { state.markAskedAgain(key) }
        return nil
      }
      return .limited(by: address == nil ? .client : .address, retryAfter: now.seconds(to: until))
    }
  }

  var count: Int { state.withLock { $0.young.count + $0.old.count } }

  /// Counts how often everything was forgotten. Read before the database is asked.
  var resets: Int { state.withLock { $0.resets } }

  /// - Parameters:
  ///   - wait: from `now`, by the database's clock, until the key has room again.
  ///   - asked: a moment before the database was.
  ///   - resets: as they were before; what was asked before a reset is not believed after it.
  func learn(
    _ key: KeyedHash, _ limits: RateLimits, wait: Duration, at now: Timestamp,
    asked: ContinuousClock.Instant, resets: Int
  ) {
    let entry = Entry(
      limits: limits, until: now.advanced(by: wait), asked: asked,
      end: asked + min(wait, belief))
    state.withLock { state in
      guard state.resets == resets else { return }
      state.turnOver(asked, belief)
      state.young[key] = entry
      state.old[key] = nil
    }
  }

  /// Somebody may have made room by hand.
  public func forget() {
    state.withLock { state in
      state.young = [:]
      state.old = [:]
      state.resets += 1
    }
  }
}

extension KnownRefusals.State {
  fileprivate func find(
    _ key: KeyedHash, _ limits: RateLimits, _ instant: ContinuousClock.Instant, _ now: Timestamp
  ) -> KnownRefusals.Entry? {
    guard let entry = young[key] ?? old[key], entry.limits == limits, instant < entry.end,
      now < entry.until
    else { return nil }
    return entry
  }

  fileprivate mutating func markAskedAgain(_ key: KeyedHash) {
    if young[key] != nil { young[key]?.isAskedAgain = true } else { old[key]?.isAskedAgain = true }
  }

  /// What is older than belief is of no use, and what is too much goes, oldest first.
  fileprivate mutating func turnOver(_ now: ContinuousClock.Instant, _ belief: Duration) {
    let isFull = young.count >= KnownRefusals.capacity / 2
    guard isFull || now - youngSince >= belief else { return }
    (old, young, youngSince) = (young, [:], now)
  }
}

extension Timestamp {
  fileprivate func advanced(by duration: Duration) -> Timestamp {
    let (seconds, attoseconds) = duration.components
    return Timestamp(
      microseconds: microseconds &+ seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000)
  }

  /// Whole seconds, rounded up, at least 1.
  fileprivate func seconds(to later: Timestamp) -> Int {
    Int(max(1, (later.microseconds &- microseconds &+ 999_999) / 1_000_000))
  }
}
