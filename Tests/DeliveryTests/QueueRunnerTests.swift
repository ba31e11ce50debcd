import PasswordReset
import ServiceLifecycleTestKit
import StoreContract
import Testing

@testable import Delivery

/// A queue on its own, what it may begin said by hand.
@Suite(.timeLimit(.minutes(2))) struct QueueRunnerTests {
  let outbox = ScriptedOutbox()
  let clock = TestClock()
  let delivery = TestDelivery()
  let held = HeldMessages()

  func runner(_ queue: OutboxQueue = .mail, limit: Int = .max) -> QueueRunner {
    QueueRunner(
      queue, outbox: outbox, delivery: delivery, limit: limit, lease: Sample.lease, held: held,
      now: { [clock] in clock.now })
  }

  func messages(_ numbers: ClosedRange<Int>) throws -> [ClaimedMessage] {
    try numbers.map { try Draft(number: $0).claimed(.orphan) }
  }

  /// Runs the queue while `body` does, then tells it to end as a shutdown does.
  func running(
    _ runner: QueueRunner, _ body: () async throws -> Void
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
    delivery.set(room: 3, ahead: 2)
    outbox.add(try messages(1...9))
    let runner = runner()
    try await running(runner) {
      runner.wake()
      await delivery.begun.until { $0.count == 3 }
      await outbox.state.until { $0.inHand == 5 }
      delivery.set(room: 0, ahead: 0)
      for _ in 1...20 {
        runner.wake()
        runner.starting.send()
        await Task.yield()
      }
      #expect(delivery.begun.value.count == 3)
    }
    #expect(outbox.state.value.mostInHand == 5)
  }

  @Test func `one hint is one claim while nothing is due`() async throws {
    delivery.set(room: 5, ahead: 0)
    let runner = runner()
    try await running(runner) {
      for hint in 1...50 {
        runner.wake()
        await outbox.state.until { $0.answered == hint }
        for _ in 1...5 {
          runner.starting.send()
          await Task.yield()
        }
        #expect(outbox.state.value.claims.count == hint)
      }
    }
  }

  @Test func `a backlog is claimed many at a time, not one for each permit`() async throws {
    delivery.set(room: 10, ahead: 10)
    outbox.add(try messages(1...200))
    let runner = runner()
    try await running(runner) {
      runner.wake()
      for _ in 1...190 {
        await delivery.begun.until { [delivery] _ in delivery.room == 0 }
        delivery.set(room: 1, ahead: 10)
        runner.starting.send()
      }
      await delivery.begun.until { $0.count == 200 }
    }
    let claims = outbox.state.value.claims.filter { $0.limit < 5 }
    #expect(claims.isEmpty && outbox.state.value.claims.count <= 40)
  }

  @Test func `a hint during a claim is not lost`() async throws {
    delivery.set(room: 5, ahead: 0)
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
    delivery.set(room: 5, ahead: 0)
    outbox.state.update { $0.claimFaults = [.unavailable] }
    outbox.add(try messages(1...1))
    let runner = runner()
    try await running(runner) {
      runner.wake()
      await outbox.state.until { $0.answered == 1 }
      runner.wake()
      await delivery.begun.until { $0.count == 1 }
    }
  }

  @Test func `many hints before it looks are one`() async {
    let signal = WakeSignal()
    for _ in 0..<100 { signal.send() }
    #expect(await signal.count() == 1)
  }

  // MARK: What gets no permit

  @Test(
    arguments: [(.mail, 3), (.events, 3), (.suspects, 30)] as [(OutboxQueue, Int64)])
  func `what has had no permit for long is handed back`(
    _ queue: OutboxQueue, _ patience: Int64
  ) async throws {
    delivery.set(room: 0, ahead: 2)
    let message = try messages(1...1)
    outbox.add(message, to: queue)
    let runner = runner(queue)
    try await running(runner) {
      runner.wake()
      await outbox.state.until { $0.inHand == 1 }
      clock.advance(by: .seconds(patience))
      await turn(runner)
      #expect(outbox.state.value.finishes.isEmpty)
      clock.advance(by: .nanoseconds(1))
      runner.starting.send()
      await outbox.state.until { !$0.finishes.isEmpty }
    }
    #expect(
      outbox.state.value.finishes.map(\.outcome) == [.handedBack] && delivery.begun.value.isEmpty)
  }

  /// Returns when a wake of now has been seen to.
  func turn(_ runner: QueueRunner) async {
    for _ in 1...2 {
      let tries = delivery.tries.value
      runner.starting.send()
      await delivery.tries.until { $0 > tries }
    }
  }
}
