import PasswordReset
import ServiceLifecycleTestKit
import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(2))) struct DeliveryWorkerEndTests {
  private let fixture = WorkerFixture()

  @Test func `told to end it finishes what has begun and hands back the rest`() async throws {
    let setting = try fixture.setting(width: 2)
    try fixture.add(1...9, setting)
    try await testGracefulShutdown { end in
      async let run: Void = setting.worker.run()
      await fixture.checkpoint.state.until { $0.waiting.count == 2 }
      // The window is now all the width, so more than one are at hand.
      fixture.checkpoint.openOne()
      await fixture.outbox.state.until { $0.finishes.count == 1 && $0.inHand > 3 }
      await fixture.checkpoint.state.until { $0.waiting.count == 2 }
      end.triggerGracefulShutdown()
      // Those without a permit are handed back while the others are still on their way.
      await fixture.outbox.state.until { $0.inHand == 2 }
      for _ in 1...2 { fixture.checkpoint.openOne() }
      try await run
    }
    let outcomes = fixture.outbox.state.value.finishes.map(\.outcome)
    #expect(outcomes.count { $0 == .sent } == 3 && fixture.checkpoint.state.value.arrived == 3)
    #expect(outcomes.count { $0 == .handedBack } == outcomes.count - 3)
    #expect(fixture.outbox.state.value.inHand == 0 && setting.chain.onTheWay == [0])
  }

  @Test func `it ends also where the backlog never does`() async throws {
    let setting = try fixture.setting(width: 4, poll: .milliseconds(1), transport: Transport())
    try fixture.add(1...3000, setting)
    try await fixture.running(setting) { _ in
      await fixture.outbox.state.until { $0.finishes.count > 50 }
    }
    #expect(fixture.outbox.state.value.inHand == 0)
  }

  @Test func `with nothing in hand it ends at once`() async throws {
    let setting = try fixture.setting()
    try await fixture.running(setting) { _ in await fixture.outbox.state.until { $0.answered == 3 }
    }
    #expect(fixture.outbox.state.value.finishes.isEmpty)
  }

  @Test func `cancelled it hands back what is in hand`() async throws {
    let setting = try fixture.setting(width: 2)
    try fixture.add(1...2, setting)
    try fixture.add(11...11, setting, to: .events)
    let run = Task { try await setting.worker.run() }
    await fixture.checkpoint.state.until { $0.waiting.count == 2 }
    await fixture.app.state.until { $0.waiting.count == 1 }
    run.cancel()
    _ = await run.result
    #expect(
      fixture.outbox.state.value.finishes.map(\.outcome) == Array(repeating: .handedBack, count: 3))
    #expect(setting.chain.onTheWay == [0] && setting.chain.states[0].cause == nil)
  }
}
