import PasswordReset
import Testing

@testable import Delivery

/// The polls of most of these are an hour apart, so that only hints and free places count.
@Suite(.timeLimit(.minutes(2))) struct DeliveryWorkerTests {
  private let shop = Workshop()

  // MARK: How much at once

  @Test func `a backlog drains without a hint between, in batches`() async throws {
    let setting = try shop.setting(width: 20, transport: Transport())
    try shop.add(1...2000, setting)
    try await shop.running(setting) { _ in
      await shop.outbox.state.until { $0.finishes.count == 2000 }
    }
    let state = shop.outbox.state.value
    #expect(Set(state.finishes.map(\.message)).count == 2000)
    #expect(state.finishes.allSatisfy { $0.outcome == .sent })
    let claims = state.claims(from: .mail)
    #expect(claims.count < 400 && claims.allSatisfy { $0 <= 148 })
  }

  @Test func `never more are on the way than there are places`() async throws {
    let setting = try shop.setting(width: 3)
    try shop.add(1...9, setting)
    try await shop.running(setting) { _ in
      for sent in 1...9 {
        await shop.checkpoint.state.until { !$0.waiting.isEmpty }
        shop.checkpoint.openOne()
        await shop.outbox.state.until { $0.finishes.count == sent }
      }
    }
    #expect(shop.checkpoint.state.value.most <= 3)
  }

  @Test func `one slow mail holds up no other`() async throws {
    let setting = try shop.setting(width: 2)
    try shop.add(1...4, setting)
    try await shop.running(setting) { _ in
      await shop.checkpoint.state.until { $0.waiting.count == 2 }
      let slow = shop.checkpoint.state.value.waiting.keys.max() ?? 0
      for done in 1...3 {
        await shop.checkpoint.state.until { $0.waiting.keys.contains { $0 != slow } }
        shop.checkpoint.openAny(but: slow)
        await shop.outbox.state.until { $0.finishes.count == done }
      }
      #expect(shop.checkpoint.state.value.waiting.keys.map { $0 } == [slow])
      shop.checkpoint.openOne()
    }
    #expect(shop.outbox.state.value.finishes.count == 4)
  }

  // MARK: When it looks

  @Test func `it looks at its start, in every lane`() async throws {
    let setting = try shop.setting(transport: Transport(), events: App())
    for (index, lane) in Lane.allCases.enumerated() {
      try shop.add(index * 10 + 1...index * 10 + 1, setting, to: lane)
    }
    try await shop.running(setting) { _ in await shop.outbox.state.until { $0.finishes.count == 3 }
    }
  }

  @Test func `a hint wakes it for mail`() async throws {
    let setting = try shop.setting(transport: Transport())
    try await shop.running(setting) { _ in
      await shop.outbox.state.until { $0.answered == 3 }
      try shop.add(1...1, setting)
      shop.signal.send()
      await shop.outbox.state.until { $0.finishes.count == 1 }
    }
  }

  @Test func `without any hint it finds out by itself`() async throws {
    let setting = try shop.setting(poll: .milliseconds(5), transport: Transport(), events: App())
    try await shop.running(setting) { _ in
      await shop.outbox.state.until { $0.answered > 3 }
      for (index, lane) in Lane.allCases.enumerated() {
        try shop.add(index * 10 + 1...index * 10 + 1, setting, to: lane)
      }
      await shop.outbox.state.until { $0.finishes.count == 3 }
    }
  }

  @Test func `a look that fails is followed by another`() async throws {
    let setting = try shop.setting(poll: .milliseconds(5), transport: Transport())
    shop.outbox.state.update { $0.claimFaults = Array(repeating: .unavailable, count: 9) }
    try shop.add(1...1, setting)
    try await shop.running(setting) { _ in await shop.outbox.state.until { $0.finishes.count == 1 }
    }
  }

  // MARK: Lanes

  @Test func `suspects go one at a time, each to its end`() async throws {
    let setting = try shop.setting(width: 8)
    try shop.add(1...3, setting, to: .suspects)
    try await shop.running(setting) { _ in
      for done in 1...3 {
        await shop.checkpoint.state.until { $0.arrived == done }
        #expect(shop.outbox.state.value.finishes.count == done - 1)
        shop.checkpoint.openOne()
      }
      await shop.outbox.state.until { $0.finishes.count == 3 }
    }
    #expect(shop.checkpoint.state.value.most == 1)
    #expect(shop.outbox.state.value.claims(from: .suspects).allSatisfy { $0 == 1 })
  }

  @Test func `a place that a suspect leaves goes to a mail, and the other way round`() async throws
  {
    let setting = try shop.setting(width: 1)
    try shop.add(1...1, setting, to: .suspects)
    try await shop.running(setting) { _ in
      await shop.checkpoint.state.until { $0.arrived == 1 }
      try shop.add(2...2, setting)
      shop.signal.send()
      await shop.outbox.state.until { $0.claims(from: .mail).count >= 1 }
      shop.checkpoint.openOne()
      await shop.checkpoint.state.until { $0.arrived == 2 }
      shop.checkpoint.openOne()
      await shop.outbox.state.until { $0.finishes.count == 2 }
    }
  }

  @Test func `events go while no mail can, and mails while no event can`() async throws {
    let setting = try shop.setting(width: 2)
    try shop.add(1...2, setting)
    try shop.add(11...13, setting, to: .events)
    try await shop.running(setting) { _ in
      await shop.checkpoint.state.until { $0.waiting.count == 2 }
      await shop.app.state.until { $0.waiting.count == 2 }
      shop.app.openOne()
      await shop.app.state.until { $0.arrived == 3 }
      shop.checkpoint.openOne()
      await shop.outbox.state.until { $0.finishes.count == 2 }
      for _ in 1...2 { shop.app.openOne() }
      shop.checkpoint.openOne()
      await shop.outbox.state.until { $0.finishes.count == 5 }
    }
    #expect(shop.app.state.value.most == 2)
  }

  // MARK: Leases

  @Test func `the leases of what is in hand are renewed, of nothing else`() async throws {
    let setting = try shop.setting(lease: 1)
    let message = try setting.office.message()
    shop.outbox.add([message])
    try await shop.running(setting) { _ in
      await shop.outbox.state.until { $0.renewals.count >= 2 }
      shop.checkpoint.openOne()
      await shop.outbox.state.until { $0.finishes.count == 1 }
    }
    #expect(shop.outbox.state.value.renewals.allSatisfy { $0 == [message.id] })
  }
}
