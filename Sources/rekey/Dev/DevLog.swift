import Glibc
import Logging

/// The log goes to a file, so that the terminal stays readable.
enum DevLog {
  /// - Parameter path: appended to; made with mode 0600.
  static func open(_ path: String, level: Logger.Level) throws(CommandFailure) -> Logger {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CommandFailure(description: "\(path) cannot be written") }
    return Logger(label: "rekey dev") { _ in
      JSONLogHandler(logLevel: level, output: LogLines.file(descriptor))
    }
  }

  static let none = Logger(label: "none") { _ in SwiftLogNoOpLogHandler() }
}
