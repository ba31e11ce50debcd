import PasswordReset
import Testing

@testable import Delivery

@Suite struct CircuitBreakerTests {
  private let start = ContinuousClock.now
  private var breaker: CircuitBreaker

  init() { breaker = CircuitBreaker(width: 8, now: start) }

  private static let grain = Duration.nanoseconds(1)

  /// Begins one that fails.
  private mutating func fail(
    at moment: Duration, askedFor: Int64? = nil, random: Double = 1.0.nextDown
  ) {
    let permit = breaker.begin(start + moment)
    breaker.fail(
      permit, "connect_refused", askedFor: askedFor.map { WholeDuration(seconds: $0) },
      random: random, start + moment)
  }

  private mutating func succeed(at moment: Duration = .zero, took: Duration = .milliseconds(10)) {
    breaker.succeed(breaker.begin(start + moment), took: took, start + moment)
  }

  private func until() throws -> Duration { try #require(breaker.probeAt) - start }

  // MARK: Closed

  @Test mutating func `it opens at the third failure in a row`() {
    for _ in 1...2 { fail(at: .zero) }
    #expect(breaker.state == .closed && breaker.room(start) > 0)
    fail(at: .zero)
    #expect(breaker.state == .open && breaker.room(start) == 0)
    #expect(breaker.cause == "connect_refused" && breaker.onTheWay == 0)
  }

  @Test mutating func `a success between counts from the beginning again`() {
    for _ in 1...2 { fail(at: .zero) }
    succeed()
    for _ in 1...2 { fail(at: .zero) }
    #expect(breaker.state == .closed)
    fail(at: .zero)
    #expect(breaker.state == .open)
  }

  @Test mutating func `its window is two and doubles with each success up to its width`() {
    var rooms: [Int] = []
    for _ in 1...4 {
      rooms.append(breaker.room(start))
      #expect(breaker.isWideOpen == (breaker.room(start) == 8))
      succeed()
    }
    #expect(rooms == [2, 4, 8, 8])
    fail(at: .zero)
    #expect(breaker.room(start) == 4 && !breaker.isWideOpen)
  }

  @Test(arguments: [1, 2, 3, 20, Int.max])
  func `the window never leaves the width`(_ width: Int) {
    var breaker = CircuitBreaker(width: width, now: start)
    for _ in 1...70 { breaker.succeed(breaker.begin(start), took: .zero, start) }
    #expect(breaker.room(start) == width && breaker.isWideOpen)
    for number in 1...200 {
      let permit = breaker.begin(start)
      if number.isMultiple(of: 2) {
        breaker.fail(permit, "x", askedFor: nil, random: 0, start)
      } else {
        breaker.succeed(permit, took: .zero, start)
      }
      #expect((1...width).contains(breaker.room(start)))
    }
  }

  @Test(arguments: [(1, 1, 20), (1, 20, 4), (20, 1, 128), (20, 20, 20), (20, 1000, 4)])
  func `as many are kept at hand as go out while a claim runs`(
    _ width: Int, _ milliseconds: Int, _ ahead: Int
  ) {
    var breaker = CircuitBreaker(width: width, now: start)
    #expect(breaker.ahead == (width == 1 ? 20 : 0))
    for _ in 1...10 {
      breaker.succeed(breaker.begin(start), took: .milliseconds(milliseconds), start)
    }
    #expect(breaker.ahead == ahead)
  }

  // MARK: Open

  @Test(arguments: [(0.0, 1.0), (0.5, 1.5), (1.0.nextDown, 2.0)])
  mutating func `the first pause is one to two seconds`(_ random: Double, _ pause: Double) throws {
    for _ in 1...3 { fail(at: .zero, random: random) }
    let difference = try until() - .seconds(pause)
    #expect(difference < .microseconds(1) && difference > .microseconds(-1))
    #expect(try breaker.room(start + until() - Self.grain) == 0)
    #expect(try breaker.room(start + until()) == 1)
  }

  @Test mutating func `each failing probe doubles the pause up to a minute`() throws {
    for _ in 1...3 { fail(at: .zero) }
    var pauses: [Int64] = []
    for _ in 1...20 {
      let due = try until()
      fail(at: due)
      let pause = try until() - due
      pauses.append((pause + .milliseconds(500)).components.seconds)
    }
    #expect(pauses == [4, 8, 16, 32, 60] + Array(repeating: 60, count: 15))
  }

  @Test mutating func `half open it lets exactly one through`() throws {
    for _ in 1...3 { fail(at: .zero) }
    let due = try start + until()
    let probe = breaker.begin(due)
    #expect(breaker.state == .halfOpen && breaker.room(due) == 0 && !breaker.takesOver(due))
    #expect(breaker.room(due + .seconds(600)) == 0)
    breaker.leave(probe)
    #expect(breaker.state == .halfOpen && breaker.room(due) == 1)
    breaker.succeed(breaker.begin(due), took: .zero, due)
    #expect(breaker.state == .closed && breaker.room(due) == 2 && breaker.cause == nil)
    #expect(breaker.changedAt == due)
  }

  @Test mutating func `what hangs from before it opened holds up no probe`() throws {
    for _ in 1...3 { succeed() }
    let hanging = (1...8).map { _ in breaker.begin(start) }
    for permit in hanging.prefix(3) {
      breaker.fail(permit, "x", askedFor: nil, random: 0, start)
    }
    let due = try start + until()
    #expect(breaker.onTheWay == 5 && breaker.room(due) == 1)
    breaker.succeed(breaker.begin(due), took: .zero, due)
    #expect(breaker.state == .closed && breaker.room(due) == 2)
    // The width holds for all of them.
    _ = [breaker.begin(due), breaker.begin(due)]
    #expect(breaker.onTheWay == 7 && breaker.room(due) == 0)
    for permit in hanging.dropFirst(3) { breaker.leave(permit) }
    #expect(breaker.onTheWay == 2)
  }

  // MARK: Stalled

  @Test mutating func `full and without a word for a second and thrice the usual it is stalled`() {
    let usual = Duration.milliseconds(200)
    succeed(took: usual)
    var permits = (1...4).map { _ in breaker.begin(start) }
    for index in permits.indices { breaker.depart(&permits[index], start) }
    let limit = start + .milliseconds(500) + usual * 3
    #expect(!breaker.isStalled(limit) && breaker.isStalled(limit + Self.grain))
    breaker.succeed(permits[0], took: usual, limit)
    #expect(!breaker.isStalled(limit + .seconds(60)) && breaker.room(limit) > 0)
  }

  @Test mutating func `those that have not been handed over yet stall nothing`() {
    var permits = (1...2).map { _ in breaker.begin(start) }
    breaker.depart(&permits[0], start)
    #expect(breaker.room(start) == 0 && !breaker.isStalled(start + .seconds(60)))
    breaker.depart(&permits[1], start + .seconds(50))
    #expect(breaker.isStalled(start + .seconds(60)))
  }

  // MARK: Any order

  @Test(arguments: 0..<20)
  func `whatever happens, no permit is lost and the width holds`(_ round: Int) {
    var (breaker, now) = (CircuitBreaker(width: 5, now: start), start)
    var permits: [CircuitBreaker.Permit] = []
    for _ in 0..<2000 {
      now += .milliseconds(.random(in: 0...300))
      if Bool.random(), breaker.room(now) > 0 {
        permits.append(breaker.begin(now))
      } else if let index = permits.indices.randomElement() {
        var permit = permits.remove(at: index)
        if Bool.random() { breaker.depart(&permit, now) }
        end(permit, &breaker, now)
      }
      #expect(breaker.onTheWay == permits.count && permits.count <= 6)
    }
    for permit in permits { breaker.leave(permit) }
    #expect(breaker.onTheWay == 0 && breaker.room(now + .seconds(3600)) > 0)
  }

  private func end(
    _ permit: CircuitBreaker.Permit, _ breaker: inout CircuitBreaker, _ now: ContinuousClock.Instant
  ) {
    switch Int.random(in: 0..<8) {
    case 0...2: breaker.succeed(permit, took: .milliseconds(50), now)
    case 3...5: breaker.fail(permit, "x", askedFor: nil, random: .random(in: 0..<1), now)
    case 6: breaker.fail(permit, "x", askedFor: WholeDuration(seconds: 1), random: 0, now)
    default: breaker.leave(permit)
    }
  }
}
