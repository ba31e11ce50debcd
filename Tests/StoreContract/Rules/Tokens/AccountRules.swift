import PasswordReset
import Testing

extension StoreContract {
  static let accountRules = [
    Rule("the account that a directory names is the request's from then on") { contract in
      let id = try await contract.accept(Ask().with(\.directory, .http))
      let message = try await contract.claim(id)
      #expect(try await contract.name("42", message))
      #expect(try contract.vault.open(try await contract.find(id)).account?.id == "42")
      #expect(try await contract.invalidate(.account(id: "42")) == 1)
      #expect(try await contract.refusal(id)?.isRevoked == true)
    },
    Rule("a named request is a sibling of its account's links") { contract in
      let used = try await contract.mail(try Ask("b@example.com", account: "42"))
      let id = try await contract.accept(Ask().with(\.directory, .http))
      let message = try await contract.claim(id)
      #expect(try await contract.name("42", message))
      #expect(try await contract.consume(used).consumedAt != nil)
      #expect(try await contract.refusal(id)?.isRevoked == true)
    },
    Rule("a revoked or consumed request is not named") { contract in
      let revoked = try await contract.accept(Ask("a@example.com").with(\.directory, .http))
      let consumed = try await contract.accept(Ask("b@example.com").with(\.directory, .http))
      let messages = try await contract.store.outbox.claim(atMost: 64)
      let address = try TestVault.address("a@example.com")
      #expect(try await contract.invalidate(.address(address)) == 1)
      #expect(try await contract.consume(consumed).consumedAt != nil)
      for message in messages { #expect(try await contract.name("42", message) == false) }
      for id in [revoked, consumed] {
        #expect(try contract.vault.open(try await contract.find(id)).account == nil)
      }
    },
    Rule("a message that has ended names nobody") { contract in
      let id = try await contract.accept(Ask().with(\.directory, .http))
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .sent))
      #expect(try await contract.name("42", message) == false)
    },
  ]

  func name(_ account: String, _ message: ClaimedMessage) async throws -> Bool {
    let details = try vault.open(try await find(message.requestID))
    let stored = try TestVault.address("stored-\(account)@example.com")
    let named = details.naming(
      try #require(Account(id: account, email: stored, locale: nil, version: nil)))
    return try await store.outbox.name(
      try vault.accountKey(id: account, caller: "app"),
      sealed: try vault.seal(named, for: message.requestID), for: message)
  }
}
