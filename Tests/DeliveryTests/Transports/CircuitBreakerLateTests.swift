import PasswordReset
import Testing

@testable import Delivery

@Suite struct CircuitBreakerLateTests {
  private let start = ContinuousClock.now
  private var breaker: CircuitBreaker

  init() { breaker = CircuitBreaker(width: 8, now: start) }

  /// Begins one that fails.
  private mutating func fail(
    at moment: Duration, askedFor: Int64? = nil, random: Double = 1.0.nextDown
  ) {
    let permit = breaker.begin(start + moment)
    breaker.fail(
      permit, "connect_refused", askedFor: askedFor.map { WholeDuration(seconds: $0) },
      random: random, start + moment)
  }

  private func until() throws -> Duration { try #require(breaker.probeAt) - start }

  // MARK: Late results

  @Test mutating func `a late failure of before it opened changes nothing`() throws {
    for _ in 1...3 { breaker.succeed(breaker.begin(start), took: .zero, start) }
    let late = (1...3).map { _ in breaker.begin(start) }
    for _ in 1...3 { fail(at: .zero) }
    let due = try until()
    breaker.fail(late[0], "late", askedFor: nil, random: 0, start + due)
    #expect(try until() == due && breaker.cause == "connect_refused")
    let probe = breaker.begin(start + due)
    breaker.fail(late[1], "late", askedFor: nil, random: 0, start + due)
    #expect(breaker.state == .halfOpen && breaker.room(start + due) == 0)
    breaker.succeed(probe, took: .zero, start + due)
    breaker.fail(late[2], "late", askedFor: nil, random: 0, start + due)
    #expect(breaker.state == .closed && breaker.room(start + due) == 2 && breaker.cause == nil)
    #expect(breaker.onTheWay == 0)
  }

  @Test mutating func `a late success closes it: a way that delivers is no dead one`() {
    let late = breaker.begin(start)
    for _ in 1...3 { fail(at: .zero) }
    breaker.succeed(late, took: .zero, start)
    #expect(breaker.state == .closed && breaker.room(start) == 2)
  }

  @Test mutating func `a late success does not close what asked to be left alone`() throws {
    let late = breaker.begin(start)
    fail(at: .zero, askedFor: 60)
    breaker.succeed(late, took: .zero, start)
    #expect(try breaker.state == .open && until() == .seconds(60))
    #expect(breaker.onTheWay == 0)
  }

  @Test mutating func `a probe of an earlier time is not taken for the present one`() throws {
    let other = breaker.begin(start)
    for _ in 1...3 { fail(at: .zero) }
    var now = try start + until()
    let lateProbe = breaker.begin(now)
    breaker.succeed(other, took: .zero, now)
    for _ in 1...3 { breaker.fail(breaker.begin(now), "x", askedFor: nil, random: 0, now) }
    now = try start + until()
    let probe = breaker.begin(now)
    breaker.leave(lateProbe)
    #expect(breaker.state == .halfOpen && breaker.room(now) == 0)
    breaker.leave(probe)
    #expect(breaker.room(now) == 1 && breaker.onTheWay == 0)
  }

  // MARK: Left alone

  @Test(
    arguments: [(0, 1), (-5, 1), (1, 1), (30, 30), (3600, 3600), (3601, 3600), (.max, 3600)]
      as [(Int64, Int64)])
  mutating func `who asks to be left alone is, for one second to one hour`(
    _ askedFor: Int64, _ pause: Int64
  ) throws {
    fail(at: .zero, askedFor: askedFor)
    #expect(try breaker.state == .open && until() == .seconds(pause))
  }

  @Test mutating func `of several who ask the longest counts`() throws {
    let late = (1...2).map { _ in breaker.begin(start) }
    fail(at: .zero, askedFor: 600)
    let wanted = [WholeDuration(seconds: 5), WholeDuration(seconds: 900)]
    breaker.fail(late[0], "http_503", askedFor: wanted[0], random: 0, start)
    #expect(try until() == .seconds(600))
    breaker.fail(late[1], "http_503", askedFor: wanted[1], random: 0, start)
    #expect(try until() == .seconds(900) && breaker.changedAt == start)
  }
}
