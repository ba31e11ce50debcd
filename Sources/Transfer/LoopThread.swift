internal import Glibc

/// Starts a thread of its own for a loop, or for other work that blocks.
enum LoopThread {
  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// False if the system gives no thread.
  static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    let work = unsafe Unmanaged.passRetained(Work(body))
    var thread: pthread_t = 0
    let status = unsafe pthread_create(
      &thread, nil,
      { context in
        if let context = unsafe context {
          LoopThread.blockSignals()
          unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
        }
        return nil
      }, work.toOpaque())
    guard status == 0 else {
      unsafe work.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  /// A write to a closed connection through TLS raises SIGPIPE in the thread that writes; other
  /// signals are for the threads that handle them.
  private static func blockSignals() {
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
  }
}
