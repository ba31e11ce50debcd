/// A serial executor with one POSIX thread of its own, for actors that make blocking calls.
///
/// Jobs run in the order in which they come, one at a time. An actor names it in
/// `unownedExecutor` and keeps it in a property. The thread starts with the first job and ends when
/// the last reference is gone or after `stop()`; nothing has to join it.
public final class DedicatedThread: SerialExecutor {
  private let queue: JobQueue

  /// - Parameters:
  ///   - name: what debuggers and `ps -L` show; the kernel keeps the first 15 bytes.
  ///   - stackSize: bytes, at least 64 KiB.
  public init(name: String, stackSize: Int = 512 * 1024) {
    queue = JobQueue(name: name, stackSize: max(stackSize, 64 * 1024))
  }

  deinit {
    queue.stop()
  }

  /// Runs `work`, which may block for as long as it likes, on a thread that lives just for it.
  ///
  /// - Returns: false if the system gives no thread; `work` is not run then.
  public static func run(name: String, _ work: @escaping @Sendable () -> Void) -> Bool {
    PosixThread.start(name: name, work)
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    queue.append(QueuedJob(job: UnownedJob(job), executor: self))
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  /// Ends the thread after the jobs that are already queued. Does not wait.
  ///
  /// A job that comes later still runs, on a thread that lives just for it: a task whose actor was
  /// stopped must come to its end, not hang.
  public func stop() {
    queue.stop()
  }
}
