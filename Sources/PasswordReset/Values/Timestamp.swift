public import Formats

/// A moment of database time, in microseconds since 1970-01-01T00:00:00Z.
///
/// Verdicts, limits and ids come from the database's clock only, so no function here reads a clock.
public struct Timestamp: Sendable, Hashable, Comparable {
  public let microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

  /// Moves by whole seconds; stays at the end of the range rather than overflow.
  public func advanced(bySeconds seconds: Int64) -> Timestamp {
    let (delta, tooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, tooFar) = microseconds.addingReportingOverflow(delta)
    guard !tooLong, !tooFar else {
      return Timestamp(microseconds: seconds < 0 ? .min : .max)
    }
    return Timestamp(microseconds: sum)
  }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC with milliseconds, such as `2026-11-21T09:30:00.123Z`.
  public var description: String {
    let (date, time) = (civilDate, secondsOfDay)
    let milliseconds = microseconds.flooredRemainder(by: 1_000_000) / 1000
    return "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))T"
      + "\(pad(time / 3600, 2)):\(pad(time / 60 % 60, 2)):\(pad(time % 60, 2))."
      + "\(pad(milliseconds, 3))Z"
  }

  /// Seconds since midnight UTC.
  public var secondsOfDay: Int64 {
    microseconds.flooredQuotient(by: 1_000_000).flooredRemainder(by: 86_400)
  }

  /// Whole days since 1970-01-01 UTC.
  public var daysSinceEpoch: Int64 { microseconds.flooredQuotient(by: 86_400_000_000) }

  /// The date in UTC.
  public var civilDate: CivilDate { CivilDate(daysSinceEpoch: daysSinceEpoch) }
}

private func pad(_ value: Int64, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
