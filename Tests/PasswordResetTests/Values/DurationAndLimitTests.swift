import PasswordReset
import Testing

@Suite struct DurationAndLimitTests {
  // MARK: Durations

  @Test(arguments: [
    ("0s", 0), ("1s", 1), ("90s", 90), ("30m", 1800), ("2h", 7200), ("30d", 2_592_000),
    ("36525d", 3_155_760_000), ("3155760000s", 3_155_760_000), ("0000000090s", 90),
  ])
  func `a duration is a whole number and one unit`(_ text: String, _ seconds: Int64) {
    #expect(WholeDuration(text)?.seconds == seconds)
  }

  @Test(arguments: [
    "", "s", "1", "90", "1 s", " 1s", "1s ", "+1s", "-1s", "1.5h", "1e3s", "0x1s", "1S", "1M", "1w",
    "1y", "1ms", "1h30m", "٣s", "1s\n", "36526d", "3155760001s", "00000000090s",
    "99999999999999999999s", "9223372036854775807s", "1\0s", "1ｓ", "m1",
  ])
  func `nothing else is a duration`(_ text: String) {
    #expect(WholeDuration(text) == nil)
  }

  @Test(arguments: [
    (0, "0s"), (1, "1s"), (59, "59s"), (60, "1m"), (61, "61s"), (3599, "3599s"), (3600, "1h"),
    (5400, "90m"), (86_399, "86399s"), (86_400, "1d"), (90_000, "25h"), (2_592_000, "30d"),
  ])
  func `a duration is shown in its shortest exact form`(_ seconds: Int64, _ text: String) {
    let duration = WholeDuration(seconds: seconds)
    #expect(duration.description == text)
    #expect(WholeDuration(text) == duration)
    #expect(duration.duration == .seconds(seconds))
  }

  @Test func `shorter is less`() throws {
    #expect(try #require(WholeDuration("59m")) < #require(WholeDuration("1h")))
    #expect(WholeDuration("60m") == WholeDuration("1h"))
  }

  // MARK: Limits

  @Test(arguments: [
    ("1/1s", 1, 1), ("1000/30d", 1000, 2_592_000), ("3/15m", 3, 900), ("10/1d", 10, 86_400),
  ])
  func `a limit is a count and a window`(_ text: String, _ count: Int32, _ seconds: Int64) {
    let limit = RateLimit(text)
    #expect(limit?.count == count && limit?.window.seconds == seconds)
    #expect(limit?.description == text)
  }

  @Test(arguments: [
    "", "/", "3", "3/", "/15m", "0/15m", "1001/15m", "3/0s", "3/31d", "3/2592001s", "-1/15m",
    "+1/15m", "3/15", "3/15m/1h", "3 /15m", "3/ 15m", "3.5/1h", "99999999999/1h", "٣/15m", "3//1h",
  ])
  func `nothing else is a limit`(_ text: String) {
    #expect(RateLimit(text) == nil)
  }

  @Test func `limits hold together, one to eight of them`() {
    #expect(RateLimits("3/15m 5/1h 10/1d")?.limits.map(\.count) == [3, 5, 10])
    #expect(RateLimits("3/15m 5/1h 10/1d")?.description == "3/15m 5/1h 10/1d")
    #expect(RateLimits("  3/15m   5/1h ")?.description == "3/15m 5/1h")
    #expect(RateLimits("")?.limits == nil && RateLimits("   ")?.limits == nil)
    let eight = Array(repeating: "1/1s", count: 8).joined(separator: " ")
    #expect(RateLimits(eight)?.limits.count == 8)
    #expect(RateLimits(eight + " 1/1s") == nil)
  }

  @Test(arguments: ["3/15m,5/1h", "3/15m 5", "3/15m\n5/1h", "3/15m\t5/1h", "none", "3/15m 0/1h"])
  func `one bad limit spoils them all`(_ text: String) {
    #expect(RateLimits(text) == nil)
  }
}
