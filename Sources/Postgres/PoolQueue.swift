import Synchronization

/// Who has which session and who waits for one. First come, first served; bounded; each waiter
/// leaves at its deadline.
final class PoolQueue: Sendable {
  typealias Outcome = Result<Session, PostgresError>

  private struct Waiter {
    let id: Int
    let deadline: Deadline
    let continuation: CheckedContinuation<Outcome, Never>
  }

  private struct State {
    /// The one used last is lent first, so under low load the others may stay asleep.
    var idle: [Session]
    var waiters: [Waiter] = []
    var nextID = 0
    var hasTimer = false
    var isClosed = false
  }

  private let state: Mutex<State>
  private let maxWaiting: Int

  init(sessions: [Session], maxWaiting: Int) {
    state = Mutex(State(idle: sessions))
    self.maxWaiting = maxWaiting
  }

  var waiting: Int { state.withLock { $0.waiters.count } }

  /// A session without waiting, or nil.
  private func takeIdle() throws(PostgresError) -> Session? {
    try state.withLock { state throws(PostgresError) in
      guard !state.isClosed else { throw .closed }
      return state.idle.popLast()
    }
  }

  nonisolated(nonsending) func take(
    until deadline: Deadline
  ) async throws(PostgresError) -> Session {
    if let session = try takeIdle() { return session }
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        enqueue(Waiter(id: id, deadline: deadline, continuation: continuation))
        // A cancellation that came before found nobody to remove.
        if Task.isCancelled { remove(id, throwing: .cancelled) }
      }
    } onCancel: {
      remove(id, throwing: .cancelled)
    }
    return try outcome.get()
  }

  func give(back session: Session) {
    let next = state.withLock { state -> Waiter? in
      guard !state.waiters.isEmpty else {
        state.idle.append(session)
        return nil
      }
      return state.waiters.removeFirst()
    }
    next?.continuation.resume(returning: .success(session))
  }

  func close() {
    let waiters = state.withLock { state in
      defer { state.waiters = [] }
      state.isClosed = true
      return state.waiters
    }
    for waiter in waiters { waiter.continuation.resume(returning: .failure(.closed)) }
  }

  private func enqueue(_ waiter: Waiter) {
    let (outcome, startsTimer) = state.withLock { state -> (Outcome?, Bool) in
      if state.isClosed { return (.failure(.closed), false) }
      if let session = state.idle.popLast() { return (.success(session), false) }
      guard state.waiters.count < maxWaiting else { return (.failure(.busy), false) }
      state.waiters.append(waiter)
      defer { state.hasTimer = true }
      return (nil, !state.hasTimer)
    }
    if let outcome { waiter.continuation.resume(returning: outcome) }
    if startsTimer { startTimer() }
  }

  private func remove(_ id: Int, throwing error: PostgresError) {
    let waiter = state.withLock { state -> Waiter? in
      state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
    }
    waiter?.continuation.resume(returning: .failure(error))
  }

  /// One timer for all, and only while somebody waits: a timer for each would stay behind in the
  /// runtime until its time, long after its waiter has gone.
  private func startTimer() {
    Task { [weak self] in
      // Until the earliest deadline of those who wait.
      while let pause = self?.expire() { try? await Task.sleep(for: pause) }
    }
  }

  /// Sends away those whose time is up.
  /// - Returns: when to look again; nil if nobody waits. A later waiter may have an earlier
  ///   deadline, so never more than 20 ms.
  private func expire() -> Duration? {
    let (expired, pause) = state.withLock { state -> ([Waiter], Duration?) in
      let expired = state.waiters.filter(\.deadline.hasPassed)
      state.waiters.removeAll { waiter in expired.contains { $0.id == waiter.id } }
      let next = state.waiters.map(\.deadline.remaining).min()
      state.hasTimer = next != nil
      return (expired, next.map { min($0, .milliseconds(20)) })
    }
    for waiter in expired { waiter.continuation.resume(returning: .failure(.deadline())) }
    return pause
  }
}
