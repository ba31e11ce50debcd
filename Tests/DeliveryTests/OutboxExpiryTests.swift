import PasswordReset
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(2))) struct OutboxExpiryTests {
  private struct Fault: Error {}

  private let outbox = ScriptedOutbox()
  private let book = LogBook()
  private let told = Watched<[[TransportState]]>([])

  /// Runs until the states have been told so often.
  private func run(
    every interval: Duration = .milliseconds(1), until count: Int, faults: Int = 0
  ) async throws {
    let chain = TransportChain([Transport()], width: 2, logger: book.logger) { .now }
    let expiry = OutboxExpiry(
      outbox: outbox, states: { chain.states },
      subscribers: { EventSubscribers(common: true, exceptions: ["quiet"]) },
      tell: { [told] states in
        let number = told.update { told in
          told.append(states)
          return told.count
        }
        if number <= faults { throw Fault() }
      }, every: interval, logger: book.logger)
    try await testGracefulShutdown { end in
      async let run: Void = expiry.run()
      await told.until { $0.count >= count }
      end.triggerGracefulShutdown()
      try await run
    }
  }

  @Test func `it ends what is too old until nothing is left, and says how many`() async throws {
    outbox.state.update { $0.expired = [500, 500, 3, 0] }
    try await run(every: .seconds(3600), until: 1)
    #expect(outbox.state.value.expiries == 4)
    #expect(book.lines.value == ["warning messages expired count=1003"])
  }

  @Test func `with nothing to do it looks once and says nothing`() async throws {
    try await run(every: .seconds(3600), until: 1)
    #expect(outbox.state.value.expiries == 1 && book.lines.value.isEmpty)
  }

  @Test func `it tells how the transports fare, again and again`() async throws {
    try await run(until: 3)
    #expect(told.value.allSatisfy { $0.map(\.transport) == ["1-smtp"] })
    #expect(told.value.allSatisfy { $0.map(\.state) == [.closed] })
  }

  @Test func `a store that is away does not end it`() async throws {
    outbox.state.update { $0.expired = [nil, nil, 2, nil, 1] }
    try await run(until: 6, faults: 2)
    #expect(outbox.state.value.expiries >= 5)
    let lines = ["warning messages expired count=2", "warning messages expired count=1"]
    #expect(book.lines.value == lines)
  }
}
