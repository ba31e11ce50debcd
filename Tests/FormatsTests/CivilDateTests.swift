import Formats
import Testing

@Suite struct CivilDateTests {
  @Test func `every day of 400 years follows the one before it`() throws {
    var previous = try #require(CivilDate(year: 1599, month: 12, day: 31))
    let first = Int64(-135_140)
    for day in first..<(first + 146_097) {
      let date = CivilDate(daysSinceEpoch: day)
      #expect(date.daysSinceEpoch == day && date.weekday == ((day + 4) % 7 + 7) % 7)
      let isNextDay = date.day == previous.day + 1 && date.month == previous.month
      let isNextMonth = date.day == 1 && date.month == previous.month % 12 + 1
      guard isNextDay || isNextMonth,
        date.year == previous.year + (isNextMonth && date.month == 1 ? 1 : 0),
        previous.day >= 28 || isNextDay
      else {
        Issue.record("\(date) after \(previous)")
        return
      }
      previous = date
    }
    #expect(previous == CivilDate(year: 1999, month: 12, day: 31))
  }

  @Test(
    arguments: [
      (2026, 2, 29), (2100, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0),
      (10_000, 1, 1), (-1, 1, 1), (.max, .max, .max),
    ] as [(Int64, Int64, Int64)])
  func `a day that the calendar does not have is no date`(year: Int64, month: Int64, day: Int64) {
    #expect(CivilDate(year: year, month: month, day: day) == nil)
  }

  @Test(
    arguments: [
      (1970, 1, 1, 0), (2000, 2, 29, 11_016), (1969, 12, 31, -1), (9999, 12, 31, 2_932_896),
    ] as [(Int64, Int64, Int64, Int64)])
  func `days count from 1970`(year: Int64, month: Int64, day: Int64, days: Int64) {
    #expect(CivilDate(year: year, month: month, day: day)?.daysSinceEpoch == days)
  }
}
