import PasswordReset
import Testing

@testable import Delivery

/// One app away.
extension EventDeliveryTests {
  @Test func `an app that is away holds up no other, and its events wait`() async throws {
    let (away, other) = (App(.broken), App())
    let delivery = delivery(["away": away, "other": other])
    for _ in 1...3 { _ = try await deliver(event(for: "away"), by: delivery) }
    for _ in 1...5 {
      guard case .released(let pause) = try await deliver(event(for: "away"), by: delivery) else {
        Issue.record("not released")
        return
      }
      #expect((1...12).contains(pause.seconds))
    }
    #expect(away.events.count == 3)
    #expect(try await deliver(event(for: "other"), by: delivery) == .sent)
    clock.advance(by: .seconds(2))
    #expect(try await deliver(event(for: "away"), by: delivery).retried != nil)
    #expect(away.events.count == 4)
  }

  @Test func `while one event probes the others wait`() async throws {
    let app = Checkpoint()
    let delivery = delivery(["shop": app])
    let messages = try (1...5).map { try event(Draft(number: $0)) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for message in messages.prefix(4) {
        group.addTask {
          await delivery.deliver(HeldMessage(message, asked: .now, lease: Sample.lease))
        }
        guard message.id != messages[3].id else { break }
        await app.state.until { !$0.waiting.isEmpty }
        app.openOne(.broken)
        try await group.next()
        clock.advance(by: message.id == messages[2].id ? .seconds(2) : .zero)
      }
      await app.state.until { $0.waiting.count == 1 }
      guard case .released(let pause) = try await deliver(messages[4], by: delivery) else {
        Issue.record("not released")
        return
      }
      #expect((1...10).contains(pause.seconds))
      app.openOne()
    }
    #expect(app.state.value.arrived == 4)
  }

  @Test func `an app that is merely busy is tried again in a second`() async throws {
    let app = Checkpoint()
    let delivery = delivery(["shop": app], width: 1)
    let (first, second) = (try event(Draft(number: 1)), try event(Draft(number: 2)))
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await delivery.deliver(HeldMessage(first, asked: .now, lease: Sample.lease)) }
      await app.state.until { $0.waiting.count == 1 }
      await delivery.deliver(HeldMessage(second, asked: .now, lease: Sample.lease))
      app.openOne()
    }
    let finishes = outbox.state.value.finishes.map(\.outcome)
    #expect(finishes == [.released(after: WholeDuration(seconds: 1)), .sent])
  }

  @Test func `no line of the log holds an address`() async throws {
    _ = try await deliver(event(), by: delivery(["shop": App(.broken)]))
    let line = try #require(book.lines.value.first)
    #expect(line.contains("kind=event") && !line.contains("example") && !line.contains("ada"))
  }
}
