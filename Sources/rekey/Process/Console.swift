import Glibc
import Synchronization

/// Results go to stdout and everything else to stderr.
enum Console {
  /// - Returns: false if the line did not get out; then the command ends with 1 as well.
  @discardableResult
  static func output(_ line: String) -> Bool {
    let isOut = write(line + "\n", to: STDOUT_FILENO)
    if !isOut { hasLostOutput.store(true, ordering: .relaxed) }
    return isOut
  }

  /// Whether a result has been lost, to a full disk or a reader that went away.
  static let hasLostOutput = Atomic(false)

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
