import PasswordReset
import Testing

@testable import Delivery

/// The polls of most of these are an hour apart, so that only hints and free permits count.
@Suite(.timeLimit(.minutes(2))) struct DeliveryWorkerTests {
  private let fixture = WorkerFixture()

  // MARK: How much at once

  @Test func `a backlog drains without a hint between, in batches`() async throws {
    let setting = try fixture.setting(width: 20, transport: Transport())
    try fixture.add(1...2000, setting)
    try await fixture.running(setting) { _ in
      await fixture.outbox.state.until { $0.finishes.count == 2000 }
    }
    let state = fixture.outbox.state.value
    #expect(Set(state.finishes.map(\.message)).count == 2000)
    #expect(state.finishes.allSatisfy { $0.outcome == .sent })
    let claims = state.claims(from: .mail)
    #expect(claims.count < 400 && claims.allSatisfy { $0 <= 148 })
  }

  @Test func `never more are on the way than there are permits`() async throws {
    let setting = try fixture.setting(width: 3)
    try fixture.add(1...9, setting)
    try await fixture.running(setting) { _ in
      for sent in 1...9 {
        await fixture.checkpoint.state.until { !$0.waiting.isEmpty }
        fixture.checkpoint.openOne()
        await fixture.outbox.state.until { $0.finishes.count == sent }
      }
    }
    #expect(fixture.checkpoint.state.value.most <= 3)
  }

  @Test func `one slow mail holds up no other`() async throws {
    let setting = try fixture.setting(width: 2)
    try fixture.add(1...4, setting)
    try await fixture.running(setting) { _ in
      await fixture.checkpoint.state.until { $0.waiting.count == 2 }
      let slow = fixture.checkpoint.state.value.waiting.keys.max() ?? 0
      for done in 1...3 {
        await fixture.checkpoint.state.until { $0.waiting.keys.contains { $0 != slow } }
        fixture.checkpoint.openAny(but: slow)
        await fixture.outbox.state.until { $0.finishes.count == done }
      }
      #expect(fixture.checkpoint.state.value.waiting.keys.map { $0 } == [slow])
      fixture.checkpoint.openOne()
    }
    #expect(fixture.outbox.state.value.finishes.count == 4)
  }

  // MARK: When it looks

  @Test func `it looks at its start, in every queue`() async throws {
    let setting = try fixture.setting(transport: Transport(), events: App())
    for (index, queue) in OutboxQueue.allCases.enumerated() {
      try fixture.add(index * 10 + 1...index * 10 + 1, setting, to: queue)
    }
    try await fixture.running(setting) { _ in
      await fixture.outbox.state.until { $0.finishes.count == 3 }
    }
  }

  @Test func `a hint wakes it for mail`() async throws {
    let setting = try fixture.setting(transport: Transport())
    try await fixture.running(setting) { _ in
      await fixture.outbox.state.until { $0.answered == 3 }
      try fixture.add(1...1, setting)
      fixture.signal.send()
      await fixture.outbox.state.until { $0.finishes.count == 1 }
    }
  }

  @Test func `without any hint it finds out by itself`() async throws {
    let setting = try fixture.setting(poll: .milliseconds(5), transport: Transport(), events: App())
    try await fixture.running(setting) { _ in
      await fixture.outbox.state.until { $0.answered > 3 }
      for (index, queue) in OutboxQueue.allCases.enumerated() {
        try fixture.add(index * 10 + 1...index * 10 + 1, setting, to: queue)
      }
      await fixture.outbox.state.until { $0.finishes.count == 3 }
    }
  }

  @Test func `a look that fails is followed by another`() async throws {
    let setting = try fixture.setting(poll: .milliseconds(5), transport: Transport())
    fixture.outbox.state.update { $0.claimFaults = Array(repeating: .unavailable, count: 9) }
    try fixture.add(1...1, setting)
    try await fixture.running(setting) { _ in
      await fixture.outbox.state.until { $0.finishes.count == 1 }
    }
  }

  // MARK: Queues

  @Test func `suspects go one at a time, each to its end`() async throws {
    let setting = try fixture.setting(width: 8)
    try fixture.add(1...3, setting, to: .suspects)
    try await fixture.running(setting) { _ in
      for done in 1...3 {
        await fixture.checkpoint.state.until { $0.arrived == done }
        #expect(fixture.outbox.state.value.finishes.count == done - 1)
        fixture.checkpoint.openOne()
      }
      await fixture.outbox.state.until { $0.finishes.count == 3 }
    }
    #expect(fixture.checkpoint.state.value.most == 1)
    #expect(fixture.outbox.state.value.claims(from: .suspects).allSatisfy { $0 == 1 })
  }

  @Test func `a permit that a suspect gives back goes to a mail`() async throws {
    let setting = try fixture.setting(width: 1)
    try fixture.add(1...1, setting, to: .suspects)
    try await fixture.running(setting) { _ in
      await fixture.checkpoint.state.until { $0.arrived == 1 }
      try fixture.add(2...2, setting)
      fixture.signal.send()
      await fixture.outbox.state.until { $0.claims(from: .mail).count >= 1 }
      fixture.checkpoint.openOne()
      await fixture.checkpoint.state.until { $0.arrived == 2 }
      fixture.checkpoint.openOne()
      await fixture.outbox.state.until { $0.finishes.count == 2 }
    }
  }

  @Test func `events go while no mail can, and mails while no event can`() async throws {
    let setting = try fixture.setting(width: 2)
    try fixture.add(1...2, setting)
    try fixture.add(11...13, setting, to: .events)
    try await fixture.running(setting) { _ in
      await fixture.checkpoint.state.until { $0.waiting.count == 2 }
      await fixture.app.state.until { $0.waiting.count == 2 }
      fixture.app.openOne()
      await fixture.app.state.until { $0.arrived == 3 }
      fixture.checkpoint.openOne()
      await fixture.outbox.state.until { $0.finishes.count == 2 }
      for _ in 1...2 { fixture.app.openOne() }
      fixture.checkpoint.openOne()
      await fixture.outbox.state.until { $0.finishes.count == 5 }
    }
    #expect(fixture.app.state.value.most == 2)
  }

  // MARK: Leases

  @Test func `the leases of what is in hand are renewed, of nothing else`() async throws {
    let setting = try fixture.setting(lease: 1)
    let message = try setting.mail.message()
    fixture.outbox.add([message])
    try await fixture.running(setting) { _ in
      await fixture.outbox.state.until { $0.renewals.count >= 2 }
      fixture.checkpoint.openOne()
      await fixture.outbox.state.until { $0.finishes.count == 1 }
    }
    #expect(fixture.outbox.state.value.renewals.allSatisfy { $0 == [message.id] })
  }
}
