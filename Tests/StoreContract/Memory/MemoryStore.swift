public import PasswordReset
import Synchronization

/// A store in memory that keeps the same contract as the one on PostgreSQL. Its clock stands still
/// until a test moves it.
public final class MemoryStore: Sendable {
  struct State {
    var now: Timestamp
    let keepLive: Int
    var requests: [RequestID: MemoryRequest] = [:]
    var accounts: [KeyedHash: MemoryAccount] = [:]
    var messages: [RequestID: MemoryMessage] = [:]
    /// Of each limited key, the last acceptances, newest first.
    var stamps: [KeyedHash: [Timestamp]] = [:]
    var idempotency: [KeyedHash: RememberedAnswer] = [:]
    var suppressedUntil: [KeyedHash: Timestamp] = [:]
    /// Of providers' calls and reports.
    var receipts: Set<KeyedHash> = []
    var fault: ResetError?
    var calls = 0
  }

  let settings: StoreSettings
  private let state: Mutex<State>

  /// - Parameter now: where the clock begins; 2026-11-21T09:30:00.123Z unless a test wants another.
  public init(
    _ settings: StoreSettings = StoreSettings(),
    now: Timestamp = Timestamp(microseconds: 1_795_253_400_123_456)
  ) {
    self.settings = settings
    state = Mutex(State(now: now, keepLive: settings.keepLive))
  }

  /// Moves the clock; a negative duration moves it back.
  public func advance(by duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let microseconds = seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
    state.withLock { state in
      state.now = Timestamp(microseconds: state.now.microseconds &+ microseconds)
    }
  }

  /// Every call of a port fails with this from now on; nil mends the store.
  public func fail(with fault: ResetError?) {
    state.withLock { $0.fault = fault }
  }

  /// How many calls of ports there were, the clock's apart.
  public var calls: Int { state.withLock { $0.calls } }

  /// Messages that are neither ended nor dead.
  public var messagesLeft: Int {
    state.withLock { state in state.messages.values.count { $0.deadAt == nil } }
  }

  /// One call of a port: counted, failing where the store is to fail, and nothing in between.
  func call<Value>(
    _ body: (inout State) throws(ResetError) -> sending Value
  ) throws(ResetError) -> Value {
    try state.withLock { (state) throws(ResetError) in
      state.calls += 1
      if let fault = state.fault { throw fault }
      return try body(&state)
    }
  }
}

extension MemoryStore: DatabaseClock {
  public func now() throws(ResetError) -> Timestamp {
    try state.withLock { (state) throws(ResetError) in
      if let fault = state.fault { throw fault }
      return state.now
    }
  }
}
