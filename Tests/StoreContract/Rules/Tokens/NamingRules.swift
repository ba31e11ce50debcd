import PasswordReset
import Testing

extension StoreContract {
  static let namingRules = [
    Rule("a link's message has the id of its request, and no other message has") { contract in
      let id = try await contract.accept(try Ask(account: "42"))
      let message = try await contract.claim(id)
      #expect(message.id == id)
      #expect(try await contract.store.outbox.finish(message, .sent))
      #expect(try await contract.consume(id, reports: true).consumedAt != nil)
      #expect(try await contract.complete(id))
      #expect(try await contract.claim(id, .changed).id != id)
      for event in try await contract.events() { #expect(event.id != id) }
    },
    Rule("what was asked for before its account was invalidated is not named afterwards") {
      contract in
      let old = try await contract.accept(Ask("a@example.com").with(\.directory, .http))
      let message = try await contract.claim(old)
      #expect(try await contract.invalidate(.account(id: "42")) == 0)
      #expect(try await contract.name("42", message) == false)
      try await contract.moveTime(.grain)
      let new = try await contract.accept(Ask("b@example.com").with(\.directory, .http))
      #expect(try await contract.name("42", try await contract.claim(new)))
      #expect(try await contract.refusal(new) == nil)
    },
    Rule(
      "what was asked for before its address was invalidated is not named, whoever it belongs to"
    ) {
      contract in
      let id = try await contract.accept(Ask("a@example.com").with(\.directory, .http))
      let message = try await contract.claim(id)
      let address = try TestVault.address("a@example.com")
      #expect(try await contract.invalidate(.address(address)) == 1)
      for account in ["42", "43"] { #expect(try await contract.name(account, message) == false) }
      #expect(try await contract.refusal(id)?.isRevoked == true)
    },
    Rule("what was asked for before a consume by another address of its account is not named") {
      contract in
      let used = try await contract.mail(try Ask("a@example.com", account: "42"))
      let waiting = try await contract.accept(Ask("b@example.com").with(\.directory, .http))
      let message = try await contract.claim(waiting)
      #expect(try await contract.consume(used).consumedAt != nil)
      #expect(try await contract.refusal(waiting) == nil)
      #expect(try await contract.name("42", message) == false)
      // Of another account it would have been a link as any other.
      #expect(try await contract.name("43", message))
    },
    Rule("a link that was dropped instead of being named is dead, whoever holds it") { contract in
      let id = try await contract.accept(Ask("a@example.com").with(\.directory, .http))
      let message = try await contract.claim(id)
      #expect(try await contract.invalidate(.account(id: "42")) == 0)
      #expect(try await contract.name("42", message) == false)
      #expect(try await contract.store.outbox.finish(message, .dropped(.revoked)))
      #expect(try await contract.refusal(id)?.isRevoked == true)
      #expect(try await contract.consume(id).refusal?.isRevoked == true)
      let outcome = try await contract.store.consumer.consume(
        id, key: nil, reports: false, judge: StoreContract.letsLive)
      guard case .decided(.refused) = outcome else { throw BrokenRule() }
      #expect(try await contract.describe(id).state == .dropped)
    },
    Rule("a link that was revoked by the account it had is not named anew") { contract in
      let id = try await contract.accept(Ask().with(\.directory, .http))
      #expect(try await contract.name("42", try await contract.claimAndFail(id)) == false)
      let message = try await contract.claim(id)
      #expect(try await contract.name("42", message))
      #expect(try await contract.invalidate(.account(id: "42")) == 1)
      #expect(try await contract.name("43", message) == false)
      #expect(try await contract.refusal(id)?.isRevoked == true)
    },
    Rule("a link that newer ones have replaced is not named, by its account or by the next") {
      contract in
      let old = try await contract.accept(Ask().with(\.directory, .http))
      let message = try await contract.claim(old)
      for number in 0..<3 {
        try await contract.moveTime(.seconds(1))
        _ = try await contract.mail(try Ask("p\(number)@example.com", account: "42"))
      }
      #expect(try await contract.name("42", message) == false)
      #expect(try await contract.name("43", message))
      for number in 3..<6 {
        try await contract.moveTime(.seconds(1))
        _ = try await contract.mail(try Ask("p\(number)@example.com", account: "43"))
      }
      #expect(try await contract.refusal(old)?.isReplaced == true)
      #expect(try await contract.name("44", message) == false)
    },
  ]

  /// An attempt that failed, so that its fence is broken; the next one is due at once.
  private func claimAndFail(_ id: RequestID) async throws -> ClaimedMessage {
    let message = try await claim(id)
    #expect(try await store.outbox.finish(message, .retry(seconds: 0)))
    return message
  }
}
