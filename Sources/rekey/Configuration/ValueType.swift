import Formats
import PasswordReset

/// What the value of a configuration key is: reads it within its bounds, and says what they are.
struct ValueType<Value: Sendable>: Sendable {
  /// What the value must be, for the line that refuses another.
  let bounds: String
  let parse: @Sendable (String) throws(Refusal) -> Value

  init(_ bounds: String, parse: @escaping @Sendable (String) throws(Refusal) -> Value) {
    (self.bounds, self.parse) = (bounds, parse)
  }

  /// For values that have no reason of their own.
  init(_ bounds: String, reading read: @escaping @Sendable (String) -> Value?) {
    self.init(bounds) { text throws(Refusal) in
      guard let value = read(text) else { throw Refusal() }
      return value
    }
  }
}

/// A value that is out of bounds.
struct Refusal: Error {
  /// More than the bounds say; quotes nothing of the value.
  var reason: String?
}

extension ValueType where Value == WholeDuration {
  static func duration(from low: String, to high: String) -> Self {
    ValueType("a duration from \(low) to \(high)") { text in
      guard let low = WholeDuration(low), let high = WholeDuration(high),
        let value = WholeDuration(text), low <= value, value <= high
      else { return nil }
      return value
    }
  }
}

extension ValueType where Value == Int {
  static func number(_ bounds: ClosedRange<Int>) -> Self {
    ValueType("a number from \(bounds.lowerBound) to \(bounds.upperBound)") { text in
      guard text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
      return Int(text).flatMap { bounds.contains($0) ? $0 : nil }
    }
  }
}

extension ValueType where Value == Bool {
  static var flag: Self { either(["true": true, "false": false]) }

  /// One of two words.
  static func either(_ words: KeyValuePairs<String, Bool>) -> Self {
    ValueType(words.map(\.key).joined(separator: " or ")) { text in
      words.first { $0.key == text }?.value
    }
  }
}

extension ValueType where Value: CaseIterable & RawRepresentable<String> {
  /// The name of a case.
  static func name(of: Value.Type) -> Self {
    let names = Value.allCases.map(\.rawValue)
    let bounds = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    return ValueType(bounds) { Value(rawValue: $0) }
  }
}

extension ValueType where Value == String {
  static var path: Self { text("a path") }

  /// Judged where it is used.
  static func text(_ bounds: String) -> Self { ValueType(bounds) { $0 } }
}

extension ValueType where Value == HostPort {
  static var listener: Self { ValueType("host:port, port 0 to 65535") { HostPort($0) } }
}

extension ValueType where Value == RateLimits {
  static var limits: Self {
    ValueType("up to 8 limits such as 3/15m, count 1 to 1000, window 1s to 30d") { RateLimits($0) }
  }
}
