import Foundation
import Glibc

/// What a program has logged since now, for the line that says it failed.
struct LogTail: Sendable {
  let path: String
  /// Whether the file is still there when the line is read.
  let isKept: Bool
  /// Earlier starts wrote to the same file.
  private let start: Int

  init(_ path: String, isKept: Bool) {
    var info = stat()
    (self.path, self.isKept) = (path, isKept)
    start = stat(path, &info) == 0 ? Int(info.st_size) : 0
  }

  private static let causes = ["FATAL", "PANIC", "could not"]

  /// The lines that name a cause, or the last ones.
  var words: String {
    let data = FileManager.default.contents(atPath: path)?.dropFirst(start) ?? Data()
    let lines = data.suffix(8000).split(separator: UInt8(ascii: "\n"))
      .map { String(decoding: $0, as: UTF8.self) }
    let causes = lines.filter { line in Self.causes.contains { line.contains($0) } }
    let shown = (causes.isEmpty ? lines : causes).suffix(3)
    return shown.isEmpty
      ? "" : ": \(shown.joined(separator: " | "))\(isKept ? " (more in \(path))" : "")"
  }
}
