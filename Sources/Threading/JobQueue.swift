import Glibc
import Synchronization

/// A job and the executor it came through, which must outlive it.
struct QueuedJob: Sendable {
  let job: UnownedJob
  let executor: DedicatedThread

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
    self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
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
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))

    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let failure = pthread_create(&thread, &attributes, threadMain, context.toOpaque())
    if failure != 0 {
      context.release()
      drainOnCaller()
    }
  }

  /// The system is out of threads: late and on the caller's thread is better than never.
  private func drainOnCaller() {
    while case .run(let jobs) = next(endsWhenEmpty: true) {
      for job in jobs { job.run() }
    }
  }

  fileprivate func drain() {
    nameThread()
    while true {
      switch next(endsWhenEmpty: false) {
      case .run(let jobs): for job in jobs { job.run() }
      case .wait: while sem_wait(wake) != 0 {}  // EINTR
      case .end: return
      }
    }
  }

  /// `pthread_setname_np` is hidden behind `_GNU_SOURCE`; the kernel takes the name as a file too.
  private func nameThread() {
    guard let file = fopen("/proc/thread-self/comm", "w") else { return }
    fputs(name, file)
    fclose(file)
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

private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue().drain()
  return nil
}
