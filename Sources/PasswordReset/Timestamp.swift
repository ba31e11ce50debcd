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
    let milliseconds = floorRemainder(microseconds, 1_000_000) / 1000
    return "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))T"
      + "\(pad(time / 3600, 2)):\(pad(time / 60 % 60, 2)):\(pad(time % 60, 2))."
      + "\(pad(milliseconds, 3))Z"
  }

  /// Seconds since midnight UTC.
  public var secondsOfDay: Int64 { floorRemainder(floorQuotient(microseconds, 1_000_000), 86_400) }

  /// Whole days since 1970-01-01 UTC.
  public var daysSinceEpoch: Int64 { floorQuotient(microseconds, 86_400_000_000) }

  /// The proleptic Gregorian date in UTC, by counting 400-year eras from 1 March of the year 0.
  public var civilDate: (year: Int64, month: Int64, day: Int64) {
    let days = daysSinceEpoch + 719_468
    let era = floorQuotient(days, 146_097)
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}

private func floorQuotient(_ value: Int64, _ divisor: Int64) -> Int64 {
  value / divisor - (value % divisor < 0 ? 1 : 0)
}

private func floorRemainder(_ value: Int64, _ divisor: Int64) -> Int64 {
  let remainder = value % divisor
  return remainder < 0 ? remainder + divisor : remainder
}

private func pad(_ value: Int64, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
