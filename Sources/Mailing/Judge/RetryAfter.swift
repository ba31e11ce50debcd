internal import Formats
internal import PasswordReset

/// `Retry-After`, RFC 9110 §10.2.3.
enum RetryAfter {
  static let longest: Int64 = 86_400

  /// Seconds, or a date in the form of today (RFC 9110 §5.6.7), brought into 0 ... 1 day. Nil for
  /// anything else, and for a date where nobody knows the time.
  static func parse(_ value: String, now: Timestamp?) -> WholeDuration? {
    let bytes = Array(value.utf8)
    if !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
      return WholeDuration(seconds: min(Int64(value) ?? longest, longest))
    }
    guard let now, let date = date(bytes) else { return nil }
    let (wait, overflow) = date.subtractingReportingOverflow(now.microseconds / 1_000_000)
    return WholeDuration(seconds: overflow ? 0 : min(max(wait, 0), longest))
  }

  /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`, which has 29 octets.
  static func date(_ bytes: [UInt8]) -> Int64? {
    guard bytes.count == 29, matches(bytes, 3, ", "), matches(bytes, 7, " "),
      matches(bytes, 11, " "), matches(bytes, 16, " "), matches(bytes, 19, ":"),
      matches(bytes, 22, ":"), matches(bytes, 25, " GMT"),
      let weekday = index(of: bytes[0..<3], in: "SunMonTueWedThuFriSat"),
      let month = index(of: bytes[8..<11], in: "JanFebMarAprMayJunJulAugSepOctNovDec"),
      let day = number(bytes[5..<7]), let year = number(bytes[12..<16]),
      let hour = number(bytes[17..<19]), let minute = number(bytes[20..<22]),
      let second = number(bytes[23..<25])
    else { return nil }
    // 60 is a leap second.
    guard hour < 24, minute < 60, second <= 60 else { return nil }
    guard let date = CivilDate(year: year, month: month + 1, day: day), date.weekday == weekday
    else { return nil }
    return date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second
  }

  private static func matches(_ bytes: [UInt8], _ start: Int, _ text: String) -> Bool {
    bytes[start...].starts(with: text.utf8)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  /// Which of the names of three letters it is, from 0.
  private static func index(of name: ArraySlice<UInt8>, in names: String) -> Int64? {
    let names = Array(names.utf8)
    let place = stride(from: 0, to: names.count, by: 3).first { start in
      names[start..<(start + 3)].elementsEqual(name)
    }
    return place.map { Int64($0 / 3) }
  }
}
