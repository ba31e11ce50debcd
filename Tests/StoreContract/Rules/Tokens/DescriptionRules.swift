import PasswordReset
import Testing

extension StoreContract {
  static let descriptionRules = [
    Rule("a request is accepted, then sending, then sent, then consumed") { contract in
      let id = try await contract.accept()
      #expect(try await contract.describe(id).state == .accepted)
      let message = try await contract.claim(id)
      #expect(try await contract.describe(id).state == .sending)
      #expect(try await contract.store.outbox.finish(message, .sent))
      let sent = try await contract.describe(id)
      #expect(sent.state == .sent)
      #expect(sent.sentAt != nil && sent.consumedAt == nil && sent.reason == nil)
      let at = try #require(try await contract.consume(id).consumedAt)
      let consumed = try await contract.describe(id)
      #expect(consumed.state == .consumed)
      #expect(consumed.consumedAt == at)
    },
    Rule("a sent link is expired at its expiry") { contract in
      let id = try await contract.mail()
      let expiresAt = try await contract.describe(id).expiresAt
      try await contract.moveTime(.seconds(1800) - .grain)
      #expect(try await contract.describe(id).state == .sent)
      try await contract.moveTime(.grain)
      let expired = try await contract.describe(id)
      #expect(expired.state == .expired)
      #expect(expired.expiresAt == expiresAt)
    },
    Rule("a message that will not be tried again makes its request failed") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .dead(cause: "rcpt_550")))
      let failed = try await contract.describe(id)
      #expect(failed.state == .failed)
      #expect(failed.failedAt != nil)
    },
    Rule("a dropped request says why", dropReasons),
    Rule("a revoked link says why") { contract in
      let id = try await contract.mail(try Ask(account: "42"))
      #expect(try await contract.invalidate(.account(id: "42")) == 1)
      let revoked = try await contract.describe(id)
      #expect(revoked.state == .revoked)
      #expect(revoked.reason == "invalidated")
      #expect(revoked.revokedAt != nil)
    },
    Rule("what was revoked before its mail went is dropped, before and after the worker saw it") {
      contract in
      let id = try await contract.accept(try Ask(account: "42"))
      #expect(try await contract.invalidate(.account(id: "42")) == 1)
      #expect(try await contract.describe(id).state == .dropped)
      #expect(try await contract.describe(id).reason == "revoked")
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .dropped(.revoked)))
      #expect(try await contract.describe(id).state == .dropped)
      #expect(try await contract.describe(id).reason == "revoked")
    },
    Rule("a request is shown to its caller only") { contract in
      let id = try await contract.accept()
      #expect(try await contract.store.reader.describe(id, for: "other") == nil)
    },
  ]

  private static let dropReasons: @Sendable (StoreContract) async throws -> Void = { contract in
    for reason in [DropReason.noAccount, .suppressed, .expired] {
      let id = try await contract.accept(Ask("\(reason.rawValue)@example.com"))
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .dropped(reason)))
      let dropped = try await contract.describe(id)
      #expect(dropped.state == (reason == .expired ? .expired : .dropped))
      #expect(dropped.reason == (reason == .expired ? nil : reason.rawValue))
      #expect(dropped.droppedAt != nil)
    }
  }
}
