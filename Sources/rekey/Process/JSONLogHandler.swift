import Formats
import Foundation
import Glibc
import Logging
import PasswordReset

/// One JSON object a line, on stderr unless another file is named. Values are strings, so a line
/// break, an escape sequence or U+2028 in one stays inside its quotes; long ones are cut.
struct JSONLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  /// Takes a line and returns how many were lost before it.
  var output: @Sendable ([UInt8]) -> Int = LogLines.standardError.append

  static let longestValue = 2048

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { _, own in own }
    let lost = output(Self.line(event.level, event.message.description, all))
    if lost > 0 {
      _ = output(Self.line(.error, "log lines lost", ["count": "\(lost)"]))
    }
  }

  private static func line(
    _ level: Logger.Level, _ message: String, _ all: Logger.Metadata
  ) -> [UInt8] {
    var members: [(key: String, value: JSON)] = [
      ("time", .string(LogTime.now)), ("level", .string(level.rawValue)),
      ("message", .string(cut(message))),
    ]
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      let isTaken = ["time", "level", "message"].contains(key)
      members.append((isTaken ? "fact_\(key)" : key, .string(cut("\(value)"))))
    }
    var line = JSON.object(JSONObject(members)).serializedBytes()
    if line.contains(where: { $0 >= 0x7f }) { line = escaping(line) }
    line.append(UInt8(ascii: "\n"))
    return line
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
    let line = "\(LogTime.now) \(event.level.rawValue) \(text)\n"
    _ = LogLines.standardError.append(Array(line.utf8))
  }
}

/// Log lines carry the host's clock: they are read next to the host's other logs.
private enum LogTime {
  static var now: String {
    Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)).description
  }
}
