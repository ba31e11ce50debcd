import Delivery
import PasswordReset
import Testing

@Suite struct RetryScheduleTests {
  private let schedule = RetrySchedule()
  private static let almostOne = 1.0.nextDown
  private static let day = WholeDuration(seconds: 86_400)
  private static let extremes: [Int64] = [
    .min, -1, 0, 1, 2, 3, 4, 299, 300, 301, 302, 303, 7200, 1 << 40, .max - 1, .max,
  ]

  private func seconds(
    _ failures: Int, left: WholeDuration = Self.day, random: Double = Self.almostOne
  ) -> Int64? {
    schedule.pause(after: failures, left: left, random: random)?.seconds
  }

  @Test(
    arguments: [
      (1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 300), (7, 300), (21, 300), (22, 300),
      (64, 300), (1000, 300), (Int.max, 300), (0, 10), (-1, 10), (Int.min, 10),
    ] as [(Int, Int64)])
  func `the longest pause doubles with each failure up to its cap`(
    _ failures: Int, _ longest: Int64
  ) {
    #expect(seconds(failures) == longest)
  }

  @Test(arguments: [1, 2, 6, 50, Int.max])
  func `the shortest pause is a second, whatever the failures`(_ failures: Int) {
    #expect(seconds(failures, random: 0) == 1)
    #expect(seconds(failures, random: 0.0001) == 1)
  }

  @Test func `the pause is spread over the whole range, so that a backlog is no wave`() {
    let pauses = (0..<100).compactMap { seconds(6, random: Double($0) / 100) }
    #expect(pauses == pauses.sorted() && pauses.first == 1 && pauses.last == 297)
    #expect(Set(pauses).count == 100)
    #expect(seconds(6, random: 0.5) == 150)
  }

  @Test(
    arguments: [
      (1200, 300), (1199, 299), (400, 100), (8, 2), (7, 1), (4, 1), (2, 1), (1, nil), (0, nil),
      (-5, nil), (.min, nil),
    ] as [(Int64, Int64?)])
  func `a pause takes at most a quarter of the time left, and none comes after it`(
    _ left: Int64, _ longest: Int64?
  ) {
    #expect(seconds(20, left: WholeDuration(seconds: left)) == longest)
  }

  @Test(arguments: [(0, 0.0, 2), (1, 0, 2), (30, 0, 31), (30, 0.9999, 40), (-7, 0, 2)])
  func `what the other side asks for wins, and not all come back at that moment`(
    _ askedFor: Int64, _ random: Double, _ expected: Int64
  ) {
    let pause = schedule.pause(
      after: 9, askedFor: WholeDuration(seconds: askedFor), left: Self.day, random: random)
    #expect(pause?.seconds == expected)
  }

  @Test(arguments: [(302, 301), (301, nil), (300, nil), (308, 302)] as [(Int64, Int64?)])
  func `who asks for more time than there is ends it`(_ left: Int64, _ expected: Int64?) {
    let pause = schedule.pause(
      after: 6, askedFor: WholeDuration(seconds: 300), left: WholeDuration(seconds: left),
      random: Self.almostOne)
    #expect(pause?.seconds == expected)
  }

  @Test(
    arguments: [
      (1, 0, 86_400, 301), (1, 1.0.nextDown, 86_400, 310), (Int.max, 1.0.nextDown, 86_400, 600),
      (9, 1.0.nextDown, 302, 301), (9, 1.0.nextDown, 301, nil), (9, 0, 300, nil), (9, 0, 0, nil),
    ] as [(Int, Double, Int64, Int64?)])
  func `after an uncertain end nothing is tried for five minutes`(
    _ failures: Int, _ random: Double, _ left: Int64, _ expected: Int64?
  ) {
    let pause = schedule.pauseAfterUncertain(
      failures: failures, left: WholeDuration(seconds: left), random: random)
    #expect(pause?.seconds == expected)
  }

  @Test func `base and cap are settings`() {
    let quick = RetrySchedule(
      base: WholeDuration(seconds: 2), cap: WholeDuration(seconds: 3),
      uncertain: WholeDuration(seconds: 7))
    let pauses = (1...3).map { quick.pause(after: $0, left: Self.day, random: Self.almostOne) }
    #expect(pauses.map { $0?.seconds } == [2, 3, 3])
    #expect(quick.pauseAfterUncertain(failures: 1, left: Self.day, random: 0)?.seconds == 8)
  }

  @Test func `no number is too large or too odd`() {
    for base in Self.extremes {
      for cap in Self.extremes {
        let odd = RetrySchedule(
          base: WholeDuration(seconds: base), cap: WholeDuration(seconds: cap),
          uncertain: WholeDuration(seconds: base))
        for left in Self.extremes { expectInTime(odd, WholeDuration(seconds: left), cap) }
      }
    }
  }

  /// Every pause is at least a second and ends before the message does.
  private func expectInTime(_ schedule: RetrySchedule, _ left: WholeDuration, _ other: Int64) {
    let other = WholeDuration(seconds: other)
    for random in [0, 0.5, Self.almostOne, 1, -1, 2, .infinity, .nan] {
      let pauses = [
        schedule.pause(after: .max, left: left, random: random),
        schedule.pause(after: .min, askedFor: other, left: left, random: random),
        schedule.pauseAfterUncertain(failures: 40, left: left, random: random),
      ]
      for pause in pauses.compactMap(\.self) {
        if pause.seconds < 1 || pause >= left { Issue.record("\(pause) of \(left)") }
      }
    }
  }

  @Test func `for every number of failures and every time left the bounds hold`() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<5000 {
      let failures = Int.random(in: 1...30, using: &generator)
      let left = WholeDuration(seconds: .random(in: 2...10_000, using: &generator))
      let (askedFor, random) = (Int64.random(in: 0...4000), Double.random(in: 0..<1))
      let pause = try #require(schedule.pause(after: failures, left: left, random: random))
      #expect((1...max(1, min(300, left.seconds / 4))).contains(pause.seconds))
      let asked = schedule.pause(
        after: failures, askedFor: WholeDuration(seconds: askedFor), left: left, random: random)
      let least = max(1, askedFor)
      #expect(asked.map { (least + 1...least + 10).contains($0.seconds) } ?? true)
      #expect((asked == nil) == (left.seconds - least < 2))
      let uncertain = schedule.pauseAfterUncertain(failures: failures, left: left, random: random)
      #expect(uncertain.map { (301...600).contains($0.seconds) && $0 < left } ?? true)
      #expect((uncertain == nil) == (left.seconds < 302))
    }
  }
}
