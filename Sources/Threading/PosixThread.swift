import Glibc

/// The one place where this program starts a thread.
enum PosixThread {
  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Runs `body` on a thread of its own, which nobody has to join.
  ///
  /// - Parameter stackSize: bytes; nil takes what the system gives.
  /// - Returns: false if the system gives no thread; `body` is not run then.
  static func start(
    name: String, stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void
  ) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))

    let work = Unmanaged.passRetained(
      Work {
        blockSignals()
        setName(name)
        body()
      })
    var thread = pthread_t()
    let status = pthread_create(&thread, &attributes, threadMain, work.toOpaque())
    if status != 0 { work.release() }
    return status == 0
  }

  private static let threadMain:
    @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
      if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
      return nil
    }

  /// A write to a closed connection through TLS raises SIGPIPE in the thread that writes; other
  /// signals are for the threads that handle them. Those of a fault stay, so that a crash is told.
  private static func blockSignals() {
    var signals = sigset_t()
    sigfillset(&signals)
    for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] { sigdelset(&signals, fault) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// `pthread_setname_np` is hidden behind `_GNU_SOURCE`; the kernel takes the name as a file too,
  /// and keeps 15 bytes of it.
  private static func setName(_ name: String) {
    guard let file = fopen("/proc/thread-self/comm", "w") else { return }
    fputs(String(decoding: name.utf8.prefix(15), as: UTF8.self), file)
    fclose(file)
  }
}
