internal import Synchronization

/// Where tasks leave work for the loop's thread. Work that arrives while the loop is busy is
/// taken in one go, for one wake-up.
final class SubmissionQueue: Sendable {
  struct Batch: Sendable {
    var mails: [SMTPSubmission] = []
    var calls: [HTTPSubmission] = []
    var cancelled: [UInt64] = []
    var isStopping = false

    var isEmpty: Bool { mails.isEmpty && calls.isEmpty && cancelled.isEmpty && !isStopping }
  }

  private struct State {
    var batch = Batch()
    var nextID: UInt64 = 0
    var waker: Waker?
    var isStopping = false
    var isOver = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  /// Called by the thread once its handle exists; what was entered before is taken first anyway.
  func setWaker(_ waker: Waker) {
    state.withLock { $0.waker = waker }
  }

  func makeID() -> UInt64 {
    state.withLock {
      $0.nextID &+= 1
      return $0.nextID
    }
  }

  /// False if the loop is stopping: the caller resumes the continuation itself.
  func submit(_ change: (inout Batch) -> Void) -> Bool {
    state.withLock { state in
      guard !state.isStopping else { return false }
      SubmissionQueue.change(&state, change)
      return true
    }
  }

  func cancel(_ id: UInt64) {
    _ = submit { $0.cancelled.append(id) }
  }

  func stop() {
    state.withLock { state in
      guard !state.isStopping else { return }
      state.isStopping = true
      SubmissionQueue.change(&state) { $0.isStopping = true }
    }
  }

  /// Returns when the loop's thread has released everything.
  func waitUntilStopped() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.isOver { state.waiters.append(continuation) }
        return state.isOver
      }
      if isOver { continuation.resume() }
    }
  }

  func takeBatch() -> Batch {
    state.withLock { state in
      let batch = state.batch
      state.batch = Batch()
      return batch
    }
  }

  /// Called by the thread before it frees the handle.
  func forgetWaker() {
    state.withLock { $0.waker = nil }
  }

  /// The thread's last act: nothing is accepted any more, and what it could not take ends here.
  func finish() {
    let (left, waiters) = state.withLock { state in
      state.isStopping = true
      state.isOver = true
      return (state.batch, state.waiters)
    }
    for submission in left.mails {
      submission.continuation.resume(
        returning: .transient(SMTPFailure(stage: .connect, cause: "stopped")))
    }
    for submission in left.calls {
      submission.continuation.resume(returning: .failure(TransferError(.stopped)))
    }
    for waiter in waiters { waiter.resume() }
  }

  private static func change(_ state: inout State, _ change: (inout Batch) -> Void) {
    let wasEmpty = state.batch.isEmpty
    change(&state.batch)
    if wasEmpty { state.waker?.wakeUp() }
  }
}
