import PasswordReset
import ServiceLifecycleTestKit
import StoreContract
import Testing

@testable import Delivery

/// A lane on its own, its places taken and given back by hand.
@Suite(.timeLimit(.minutes(2))) struct LaneRunnerTests {
  let outbox = ScriptedOutbox()
  let clock = TestClock()
  let gate = TestGate()
  let inHand = InHand()
  let begun = Watched<[RequestID]>([])

  func runner(_ lane: Lane = .mail) -> LaneRunner<TestGate> {
    LaneRunner(
      lane, outbox: outbox, gate: gate, lease: Sample.lease, inHand: inHand,
      now: { [clock] in clock.now }
    ) { [begun, inHand] _, message, _ in
      begun.update { $0.append(message.message.id) }
      inHand.remove(message)
    }
  }

  func messages(_ numbers: ClosedRange<Int>) throws -> [ClaimedMessage] {
    try numbers.map { try Draft(number: $0).claimed(.orphan) }
  }

  /// Runs the lane while `body` does, then tells it to end as a shutdown does.
  func running(
    _ runner: LaneRunner<TestGate>, _ body: () async throws -> Void
  ) async throws {
    try await testGracefulShutdown { end in
      async let run: Void = runner.run()
      try await body()
      end.triggerGracefulShutdown()
      runner.finish()
      await run
    }
  }

  // MARK: Claims

  @Test func `as many are claimed as are wanted, and none where there is no room`() async throws {
    gate.set(room: 3, ahead: 2)
    outbox.add(try messages(1...9))
    let runner = runner()
    try await running(runner) {
      runner.wake()
      await begun.until { $0.count == 3 }
      await outbox.state.until { $0.inHand == 5 }
      gate.set(room: 0, ahead: 0)
      for _ in 1...20 {
        runner.wake()
        runner.goOn()
        await Task.yield()
      }
      #expect(begun.value.count == 3)
    }
    #expect(outbox.state.value.mostInHand == 5)
  }

  @Test func `one hint is one claim while nothing is due`() async throws {
    gate.set(room: 5, ahead: 0)
    let runner = runner()
    try await running(runner) {
      for hint in 1...50 {
        runner.wake()
        await outbox.state.until { $0.answered == hint }
        for _ in 1...5 {
          runner.goOn()
          await Task.yield()
        }
        #expect(outbox.state.value.claims.count == hint)
      }
    }
  }

  @Test func `a backlog is claimed many at a time, not one for each place`() async throws {
    gate.set(room: 10, ahead: 10)
    outbox.add(try messages(1...200))
    let runner = runner()
    try await running(runner) {
      runner.wake()
      for _ in 1...190 {
        await begun.until { [gate] _ in gate.room == 0 }
        gate.set(room: 1, ahead: 10)
        runner.goOn()
      }
      await begun.until { $0.count == 200 }
    }
    let claims = outbox.state.value.claims.filter { $0.limit < 5 }
    #expect(claims.isEmpty && outbox.state.value.claims.count <= 40)
  }

  @Test func `a hint during a claim is not lost`() async throws {
    gate.set(room: 5, ahead: 0)
    let runner = runner()
    outbox.answersClaims.update { $0 = false }
    try await running(runner) {
      runner.wake()
      await outbox.state.until { $0.claims.count == 1 }
      runner.wake()
      outbox.answersClaims.update { $0 = true }
      await outbox.state.until { $0.answered == 2 }
    }
    #expect(outbox.state.value.claims.count == 2)
  }

  @Test func `a claim that fails is followed by the next look`() async throws {
    gate.set(room: 5, ahead: 0)
    outbox.state.update { $0.claimFaults = [.unavailable] }
    outbox.add(try messages(1...1))
    let runner = runner()
    try await running(runner) {
      runner.wake()
      await outbox.state.until { $0.answered == 1 }
      runner.wake()
      await begun.until { $0.count == 1 }
    }
  }

  // MARK: What has no place

  @Test(arguments: [(Lane.mail, 3), (.events, 3), (.suspects, 30)] as [(Lane, Int64)])
  func `what has had no place for long is handed back`(_ lane: Lane, _ patience: Int64) async throws
  {
    gate.set(room: 0, ahead: 2)
    let message = try messages(1...1)
    outbox.add(message, to: lane)
    let runner = runner(lane)
    try await running(runner) {
      runner.wake()
      await outbox.state.until { $0.inHand == 1 }
      clock.advance(by: .seconds(patience))
      await turn(runner)
      #expect(outbox.state.value.finishes.isEmpty)
      clock.advance(by: .nanoseconds(1))
      runner.goOn()
      await outbox.state.until { !$0.finishes.isEmpty }
    }
    #expect(outbox.state.value.finishes.map(\.outcome) == [.handedBack] && begun.value.isEmpty)
  }

  /// Returns when a wake of now has been seen to.
  func turn(_ runner: LaneRunner<TestGate>) async {
    for _ in 1...2 {
      let tries = gate.tries.value
      runner.goOn()
      await gate.tries.until { $0 > tries }
    }
  }
}
