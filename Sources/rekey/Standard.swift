import Glibc

/// Results go to stdout and everything else to stderr.
enum Standard {
  static func output(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

  static func error(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

  /// Draws over the last line; only where a person is looking.
  static func progress(_ line: String) {
    if isatty(STDERR_FILENO) == 1 { write("\r\u{1b}[K" + line, to: STDERR_FILENO) }
  }

  static func endProgress() {
    if isatty(STDERR_FILENO) == 1 { write("\r\u{1b}[K", to: STDERR_FILENO) }
  }

  /// One write(2) a line where the kernel takes it whole, so that lines of threads do not mix.
  /// - Returns: false if not all of it was taken.
  @discardableResult
  static func write(_ text: String, to descriptor: Int32) -> Bool {
    write(Array(text.utf8), to: descriptor)
  }

  @discardableResult
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}

enum ProcessLimits {
  /// A crash leaves no core with keys in it, and a reader that went away is no reason to end.
  static func prepare() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    signal(SIGPIPE, SIG_IGN)
  }
}
