import PasswordReset
import Testing

@testable import Delivery

/// The end of a queue.
extension QueueRunnerTests {
  @Test func `told to end it hands back what has not begun`() async throws {
    delivery.set(room: 0, ahead: 4)
    outbox.add(try messages(1...4))
    let runner = runner()
    try await running(runner) {
      runner.wake()
      await outbox.state.until { $0.inHand == 4 }
      delivery.set(room: 4, ahead: 0)
    }
    #expect(outbox.state.value.finishes.map(\.outcome) == Array(repeating: .handedBack, count: 4))
    #expect(delivery.begun.value.isEmpty && outbox.state.value.inHand == 0)
  }

  @Test(arguments: [true, false])
  func `what a claim under way at the end still brings is handed back too`(
    _ isCancelled: Bool
  ) async throws {
    delivery.set(room: 4, ahead: 0)
    outbox.add(try messages(1...2))
    outbox.answersClaims.update { $0 = false }
    let runner = runner()
    let run = Task { await runner.run() }
    runner.wake()
    await outbox.state.until { $0.claims.count == 1 }
    if isCancelled { run.cancel() } else { runner.finish() }
    // Long enough for a queue that does not wait to have ended.
    for _ in 1...1000 { await Task.yield() }
    outbox.answersClaims.update { $0 = true }
    await run.value
    let state = outbox.state.value
    #expect(state.finishes.map(\.outcome) == [.handedBack, .handedBack] && state.inHand == 0)
    await held.renew(in: outbox, lease: Sample.lease)
    #expect(outbox.state.value.renewals.isEmpty)
  }

  @Test func `what cannot be handed back does not keep it from ending`() async throws {
    delivery.set(room: 0, ahead: 2)
    outbox.add(try messages(1...2))
    outbox.state.update { $0.finishFaults = [.unavailable, .unavailable] }
    let runner = runner()
    try await running(runner) {
      runner.wake()
      await outbox.state.until { $0.inHand == 2 }
    }
    #expect(outbox.state.value.finishes.count == 2)
  }
}
