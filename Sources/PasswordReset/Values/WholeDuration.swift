/// A length of time as configuration writes it: a whole number and one unit, `90s`, `30m`, `2h`, `30d`.
public struct WholeDuration: Sendable, Hashable, Comparable {
  public let seconds: Int64

  public init(seconds: Int64) { self.seconds = seconds }

  /// Nil for a sign, a space, a fraction, a missing or unknown unit, or more than 100 years.
  public init?(_ text: some StringProtocol) {
    let characters = Array(text.utf8)
    guard let unit = characters.last.flatMap(Self.secondsPerUnit), characters.count >= 2,
      characters.count <= 11
    else { return nil }
    var number: Int64 = 0
    for digit in characters.dropLast() {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      number = number * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
    guard !overflow, seconds <= 3_155_760_000 else { return nil }
    self.seconds = seconds
  }

  private static func secondsPerUnit(_ unit: UInt8) -> Int64? {
    switch unit {
    case UInt8(ascii: "s"): 1
    case UInt8(ascii: "m"): 60
    case UInt8(ascii: "h"): 3600
    case UInt8(ascii: "d"): 86_400
    default: nil
    }
  }

  public static func < (a: WholeDuration, b: WholeDuration) -> Bool { a.seconds < b.seconds }

  public var duration: Duration { .seconds(seconds) }
}

extension WholeDuration: CustomStringConvertible {
  /// The shortest exact form: `7200` seconds are `2h`.
  public var description: String {
    for (unit, name) in [(Int64(86_400), "d"), (3600, "h"), (60, "m")]
    where seconds > 0 && seconds.isMultiple(of: unit) {
      return "\(seconds / unit)\(name)"
    }
    return "\(seconds)s"
  }
}
