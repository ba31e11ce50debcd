import Glibc
import Synchronization

/// A job and the executor it came through, which must outlive it.
struct QueuedJob: Sendable {
  let job: UnownedJob
  let executor: any SerialExecutor

  func run() {
    job.runSynchronously(on: executor.asUnownedSerialExecutor())
  }
}

/// What a `DedicatedThread` shares with its thread. The thread holds this object and not the
/// executor, so dropping the executor ends the thread.
final class JobQueue: Sendable {
  private struct State {
    var jobs: [QueuedJob] = []
    var hasThread = false
    var isStopped = false
  }

  private enum Next {
    case run([QueuedJob])
    case wait
    case end
  }

  private let name: String
  private let stackSize: Int
  private let state = Mutex(State())
  // A semaphore is made to be shared by threads, and its address never changes.
  private nonisolated(unsafe) let wake: UnsafeMutablePointer<sem_t>

  init(name: String, stackSize: Int) {
    self.name = name
    self.stackSize = stackSize
    wake = .allocate(capacity: 1)
    sem_init(wake, 0, 0)
  }

  deinit {
    sem_destroy(wake)
    wake.deallocate()
  }

  func append(_ job: QueuedJob) {
    let (wasEmpty, needsThread) = state.withLock { state in
      let wasEmpty = state.jobs.isEmpty
      let needsThread = !state.hasThread
      state.jobs.append(job)
      state.hasThread = true
      return (wasEmpty, needsThread)
    }
    if needsThread {
      startThread()
    } else if wasEmpty {
      sem_post(wake)
    }
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    sem_post(wake)
  }

  private func startThread() {
    let isStarted = PosixThread.start(name: name, stackSize: stackSize) { self.drain() }
    if !isStarted { drainOnCaller() }
  }

  /// The system is out of threads: late and on the caller's thread is better than never.
  private func drainOnCaller() {
    while case .run(let jobs) = next(endsWhenEmpty: true) {
      for job in jobs { job.run() }
    }
  }

  private func drain() {
    while true {
      switch next(endsWhenEmpty: false) {
      case .run(let jobs): for job in jobs { job.run() }
      case .wait: while sem_wait(wake) != 0 {}  // EINTR
      case .end: return
      }
    }
  }

  private func next(endsWhenEmpty: Bool) -> Next {
    state.withLock { state in
      guard state.jobs.isEmpty else {
        let jobs = state.jobs
        state.jobs = []
        return .run(jobs)
      }
      guard state.isStopped || endsWhenEmpty else { return .wait }
      state.hasThread = false
      return .end
    }
  }
}
