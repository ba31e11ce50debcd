import Foundation
import Glibc
import Logging
import PasswordReset

/// One JSON object a line, on stderr unless another file is named. Values are strings, so a line
/// break, an escape sequence or U+2028 in one stays inside its quotes; long ones are cut.
struct JSONLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  /// An open file.
  var output = STDERR_FILENO

  static let longestValue = 2048

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var members: [(key: String, value: JSON)] = [
      ("time", .string(LogTime.now)), ("level", .string(event.level.rawValue)),
      ("message", .string(Self.cut(event.message.description))),
    ]
    let all = metadata.merging(event.metadata ?? [:]) { _, own in own }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      let isTaken = ["time", "level", "message"].contains(key)
      members.append((isTaken ? "fact_\(key)" : key, .string(Self.cut("\(value)"))))
    }
    var line = JSON.object(JSONObject(members)).serializedBytes()
    if line.contains(where: { $0 >= 0x7f }) { line = Self.escaping(line) }
    line.append(UInt8(ascii: "\n"))
    Standard.write(line, to: output)
  }

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > longestValue else { return text }
    return String(decoding: text.utf8.prefix(longestValue), as: UTF8.self) + "…"
  }

  /// Some readers of lines take these as line ends too.
  private static func escaping(_ line: [UInt8]) -> [UInt8] {
    String(decoding: line, as: UTF8.self).unicodeScalars.flatMap { scalar in
      guard isLineEnd(scalar) else { return Array(String(scalar).utf8) }
      let code = Hex.encode([UInt8(scalar.value >> 8), UInt8(scalar.value & 255)])
      return Array("\\u\(code)".utf8)
    }
  }

  private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
    [0x7f, 0x85, 0x2028, 0x2029].contains(scalar.value)
  }
}

/// The same for people at a terminal.
struct TextLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { _, own in own }
    let facts = all.sorted { $0.key < $1.key }.map { "\($0.key)=\("\($0.value)".oneLine)" }
    let text = ([event.message.description.oneLine] + facts).joined(separator: " ")
    Standard.error("\(LogTime.now) \(event.level.rawValue) \(text)")
  }
}

/// Log lines carry the host's clock: they are read next to the host's other logs.
private enum LogTime {
  static var now: String {
    Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)).description
  }
}
