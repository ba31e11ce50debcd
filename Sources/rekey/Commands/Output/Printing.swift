import Formats
import PasswordReset
import Storage

/// How operators' commands write what they found.
enum Printing {
  /// One JSON object on one line.
  static func object(_ members: [(key: String, value: JSON)]) -> String {
    JSON.object(JSONObject(members)).serialized()
  }

  /// One JSON object with no character in it, not even within a string, that talks to a terminal.
  static func json(_ members: [(key: String, value: JSON)]) -> String {
    object(members).unicodeScalars.reduce(into: "") { line, scalar in
      if scalar.isPrintable {
        line.unicodeScalars.append(scalar)
      } else {
        for unit in UTF16.encode(scalar) ?? .init() { line += escape(unit) }
      }
    }
  }

  private static func escape(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }

  /// Two units at most: `2h3m`, `45s`; what lies ahead is `0s`.
  static func age(of moment: Timestamp, at now: Timestamp) -> String {
    let seconds = self.seconds(since: moment, at: now)
    let units = [
      (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"),
      (seconds % 60, "s"),
    ]
    guard let first = units.firstIndex(where: { $0.0 > 0 }) else { return "0s" }
    return units[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
  }

  static func seconds(since moment: Timestamp, at now: Timestamp) -> Int64 {
    let (difference, overflow) = now.microseconds.subtractingReportingOverflow(moment.microseconds)
    return overflow ? 0 : max(0, difference / 1_000_000)
  }

  static func json(_ moment: Timestamp?) -> JSON { moment.map { .string("\($0)") } ?? .null }

  static func json(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}

extension String {
  /// The whole text, without any character that ends a line or talks to a terminal.
  var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.isPrintable ? $0 : "?" }))
  }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}

extension String {
  /// For a place in a line that people read: 120 characters at most, and no character that ends a
  /// line or talks to a terminal.
  var oneLine: String {
    String(String.UnicodeScalarView(unicodeScalars.prefix(120).map { $0.isPrintable ? $0 : "?" }))
  }
}
