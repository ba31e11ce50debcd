import PasswordReset
import Testing

@testable import Delivery

/// How many messages are begun at once.
extension QueueRunnerTests {
  @Test(arguments: [1, 3])
  func `so many messages at once are begun and claimed, and the next at an end`(
    _ limit: Int
  ) async throws {
    delivery.set(room: 20, ahead: 0)
    delivery.lasts.update { $0 = true }
    outbox.add(try messages(1...9))
    let runner = runner(limit: limit)
    try await running(runner) {
      runner.wake()
      await delivery.begun.until { $0.count == limit }
      for _ in 1...20 {
        runner.wake()
        await Task.yield()
      }
      #expect(delivery.begun.value.count == limit)
      #expect(outbox.state.value.claims.map(\.limit) == [limit])
      delivery.lasts.update { $0 = false }
      await delivery.begun.until { $0.count == 9 }
    }
    #expect(outbox.state.value.claims.allSatisfy { $0.limit <= limit })
  }

  @Test func `a limit holds up nobody who gets no permit`() async throws {
    delivery.set(room: 0, ahead: 1)
    outbox.add(try messages(1...1))
    let runner = runner(limit: 1)
    try await running(runner) {
      runner.wake()
      await delivery.tries.until { $0 > 0 }
      delivery.set(room: 1, ahead: 0)
      runner.starting.send()
      await delivery.begun.until { $0.count == 1 }
    }
  }
}
