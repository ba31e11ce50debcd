import Delivery
import PasswordReset
import Testing

@Suite struct RetryScheduleTests {
  private let schedule = RetrySchedule()
  private static let almostOne = 1.0.nextDown

  @Test(
    arguments: [
      (1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 300), (7, 300), (21, 300), (22, 300),
      (64, 300),
      (1000, 300), (Int.max, 300),
    ] as [(Int, Int64)])
  func `the longest pause doubles with each attempt up to its cap`(_ attempt: Int, _ seconds: Int64)
  {
    #expect(schedule.pause(after: attempt, random: Self.almostOne).seconds == seconds)
  }

  @Test(arguments: [1, 2, 6, 50, Int.max])
  func `the shortest pause is a second, whatever the attempt`(_ attempt: Int) {
    #expect(schedule.pause(after: attempt, random: 0).seconds == 1)
    #expect(schedule.pause(after: attempt, random: 0.0001).seconds == 1)
  }

  @Test func `the pause is spread over the whole range, so that a backlog is no wave`() {
    let pauses = (0..<100).map { schedule.pause(after: 6, random: Double($0) / 100).seconds }
    #expect(pauses == pauses.sorted() && pauses.first == 1 && pauses.last == 297)
    #expect(Set(pauses).count == 100)
    #expect(schedule.pause(after: 6, random: 0.5).seconds == 150)
  }

  @Test(arguments: [0, -1, Int.min + 1])
  func `an attempt below the first counts as the first`(_ attempt: Int) {
    #expect(schedule.pause(after: attempt, random: Self.almostOne).seconds == 10)
  }

  @Test func `after an uncertain end nothing is tried for five minutes`() {
    #expect(schedule.pauseAfterUncertain(attempt: 1, random: 0).seconds == 301)
    #expect(schedule.pauseAfterUncertain(attempt: 1, random: Self.almostOne).seconds == 310)
    #expect(schedule.pauseAfterUncertain(attempt: Int.max, random: Self.almostOne).seconds == 600)
  }

  @Test func `base and cap are settings`() {
    let quick = RetrySchedule(
      base: WholeDuration(seconds: 2), cap: WholeDuration(seconds: 3),
      uncertain: WholeDuration(seconds: 7))
    #expect((1...3).map { quick.pause(after: $0, random: Self.almostOne).seconds } == [2, 3, 3])
    #expect(quick.pauseAfterUncertain(attempt: 1, random: 0).seconds == 8)
  }
}
