/// A date of the proleptic Gregorian calendar, counted in 400-year eras from 1 March of the year 0.
public struct CivilDate: Sendable, Hashable {
  public let year: Int64
  /// 1 to 12.
  public let month: Int64
  public let day: Int64

  /// Nil for a date that the calendar does not have, and for years outside 0 ... 9999.
  public init?(year: Int64, month: Int64, day: Int64) {
    guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else {
      return nil
    }
    self.init(unchecked: year, month, day)
    // A day that the month does not have comes out as another one.
    guard CivilDate(daysSinceEpoch: daysSinceEpoch) == self else { return nil }
  }

  private init(unchecked year: Int64, _ month: Int64, _ day: Int64) {
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// - Parameter daysSinceEpoch: whole days since 1970-01-01, as many as a count of microseconds can
  ///   have.
  public init(daysSinceEpoch: Int64) {
    let days = daysSinceEpoch + 719_468
    let era = days.flooredQuotient(by: 146_097)
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    self.init(
      unchecked: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// Whole days since 1970-01-01.
  public var daysSinceEpoch: Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year.flooredQuotient(by: 400)
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// 0 is Sunday; 1970-01-01 was a Thursday.
  public var weekday: Int64 { (daysSinceEpoch + 4).flooredRemainder(by: 7) }
}

extension Int64 {
  /// Rounded down, also where the dividend is negative.
  public func flooredQuotient(by divisor: Int64) -> Int64 {
    self / divisor - (self % divisor < 0 ? 1 : 0)
  }

  /// 0 or more, also where the dividend is negative.
  public func flooredRemainder(by divisor: Int64) -> Int64 {
    let remainder = self % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }
}
