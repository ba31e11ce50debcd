import Formats
import PasswordReset
import Testing

@Suite struct TimestampTests {
  /// Computed by another implementation of the Gregorian calendar.
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (1_795_253_400_123_456, "2026-11-21T09:30:00.123Z"),
    (-1, "1969-12-31T23:59:59.999Z"), (-1_000_000, "1969-12-31T23:59:59.000Z"),
    (-86_400_000_000, "1969-12-31T00:00:00.000Z"), (999, "1970-01-01T00:00:00.000Z"),
    (1000, "1970-01-01T00:00:00.001Z"), (86_399_999_999, "1970-01-01T23:59:59.999Z"),
    (86_400_000_000, "1970-01-02T00:00:00.000Z"),
    (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
    (1_582_934_400_000_000, "2020-02-29T00:00:00.000Z"),
    (1_709_164_800_000_000, "2024-02-29T00:00:00.000Z"),
    (1_709_251_200_000_000, "2024-03-01T00:00:00.000Z"),
    (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
    (4_107_456_000_000_000, "2100-02-28T00:00:00.000Z"),
    (-2_203_891_200_000_000, "1900-03-01T00:00:00.000Z"),
    (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
    (253_402_300_799_999_999, "9999-12-31T23:59:59.999Z"),
  ])
  func `a moment is written as RFC 3339 in UTC with milliseconds`(
    _ microseconds: Int64, _ text: String
  ) {
    #expect(Timestamp(microseconds: microseconds).description == text)
  }

  @Test func `days and seconds count downwards before 1970`() {
    let last = Timestamp(microseconds: -1)
    #expect(last.daysSinceEpoch == -1 && last.secondsOfDay == 86_399)
    #expect(Timestamp(microseconds: -86_400_000_000).daysSinceEpoch == -1)
    #expect(Timestamp(microseconds: -86_400_000_001).daysSinceEpoch == -2)
    #expect(Timestamp(microseconds: -86_400_000_000).secondsOfDay == 0)
  }

  @Test(arguments: [Int64.min, Int64.min + 1, Int64.max - 1, Int64.max])
  func `the ends of the range can be written`(_ microseconds: Int64) {
    let moment = Timestamp(microseconds: microseconds)
    #expect(moment.description.utf8.last == UInt8(ascii: "Z"))
    #expect((0..<86_400).contains(moment.secondsOfDay))
    #expect((1...12).contains(moment.civilDate.month) && (1...31).contains(moment.civilDate.day))
  }

  @Test func `moving stays within the range`() {
    #expect(Timestamp(microseconds: 5).advanced(bySeconds: 2).microseconds == 2_000_005)
    #expect(Timestamp(microseconds: 5).advanced(bySeconds: -2).microseconds == -1_999_995)
    for seconds in [Int64.max, 9_223_372_036_855] {
      #expect(Timestamp(microseconds: 0).advanced(bySeconds: seconds).microseconds == .max)
      #expect(Timestamp(microseconds: 0).advanced(bySeconds: -seconds).microseconds == .min)
    }
    #expect(Timestamp(microseconds: .max).advanced(bySeconds: 1).microseconds == .max)
    #expect(Timestamp(microseconds: .min).advanced(bySeconds: -1).microseconds == .min)
    #expect(Timestamp(microseconds: 0).advanced(bySeconds: .min).microseconds == .min)
    #expect(
      Timestamp(microseconds: 0).advanced(bySeconds: 9_223_372_036_854).microseconds
        == 9_223_372_036_854_000_000)
  }

  @Test func `earlier is less`() {
    #expect(Timestamp(microseconds: -1) < Timestamp(microseconds: 0))
    #expect(!(Timestamp(microseconds: 0) < Timestamp(microseconds: 0)))
  }
}
