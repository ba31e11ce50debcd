import PasswordReset
import Testing

@testable import Mailing

struct RetryAfterTests {
  /// 2026-11-21T09:30:00.123456Z
  private let now = Sample.moment

  @Test(arguments: [
    ("0", 0), ("1", 1), ("86400", 86_400), ("86401", 86_400), ("0000000000000000000001", 1),
    ("99999999999999999999999", 86_400),
  ])
  func `seconds are brought into a day`(value: String, seconds: Int64) {
    #expect(RetryAfter.parse(value, now: now)?.seconds == seconds)
    #expect(RetryAfter.parse(value, now: nil)?.seconds == seconds)
  }

  @Test(arguments: [
    ("Sat, 21 Nov 2026 09:30:00 GMT", 0), ("Sat, 21 Nov 2026 09:30:01 GMT", 1),
    ("Sat, 21 Nov 2026 09:29:59 GMT", 0), ("Sun, 22 Nov 2026 09:30:00 GMT", 86_400),
    ("Sun, 22 Nov 2026 09:29:59 GMT", 86_399), ("Sun, 22 Nov 2026 09:30:01 GMT", 86_400),
    ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Fri, 31 Dec 9999 23:59:60 GMT", 86_400),
    ("Sat, 01 Jan 0000 00:00:00 GMT", 0),
  ])
  func `a date is as long as it takes from now`(value: String, seconds: Int64) {
    #expect(RetryAfter.parse(value, now: now)?.seconds == seconds)
    #expect(RetryAfter.parse(value, now: nil) == nil)
  }

  @Test(arguments: [
    ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
    ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
    ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
  ])
  func `a date is a moment`(value: String, seconds: Int64) {
    #expect(RetryAfter.date(Array(value.utf8)) == seconds)
  }

  @Test(arguments: [
    "", " ", "-1", "+1", "1.5", "1s", "0x1", "١", "1, 2", "soon",
    "Sun, 21 Nov 2026 09:31:00 GMT", "sat, 21 Nov 2026 09:31:00 GMT",
    "Sat, 21 nov 2026 09:31:00 GMT", "Sat, 21 Nov 2026 09:31:00 UTC",
    "Sat, 21 Nov 2026 09:31:00 +0000", "Sat, 21 Nov 2026 24:00:00 GMT",
    "Sat, 21 Nov 2026 09:60:00 GMT", "Sat, 21 Nov 2026 09:31:61 GMT",
    "Sat, 00 Nov 2026 09:31:00 GMT", "Tue, 31 Nov 2026 09:31:00 GMT",
    "Sun, 29 Feb 2026 09:31:00 GMT", "Mon, 29 Feb 1900 00:00:00 GMT",
    "Sat, 21-Nov-2026 09:31:00 GMT", "Saturday, 21-Nov-26 09:31:00 GMT",
    "Sat Nov 21 09:31:00 2026", "Sat, 21 Nov 2026 9:31:00 GMT", "Sat, 1 Nov 2026 09:31:00 GMT",
    "Sat, 21 Nov 2026 09:31:00 GMT ", "atN, 21 Nov 2026 09:31:00 GMT",
    "Sat, 21 Nov 2026 09:31:00 GMTé", "aé, 21 Nov 2026 09:31:00 GMT",
  ])
  func `nothing else is taken`(value: String) {
    #expect(RetryAfter.parse(value, now: now) == nil)
  }
}
