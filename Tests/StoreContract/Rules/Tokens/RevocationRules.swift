import PasswordReset
import Testing

extension StoreContract {
  static let revocationRules = [
    Rule("an account's links die at once, and are counted") { contract in
      let first = try await contract.mail(try Ask("a@example.com", account: "42"))
      let second = try await contract.accept(try Ask("b@example.com", account: "42"))
      let other = try await contract.mail(try Ask("a@example.com", account: "43"))
      #expect(try await contract.invalidate(.account(id: "42")) == 2)
      for id in [first, second] {
        #expect(try await contract.refusal(id)?.isRevoked == true)
        #expect(try await contract.find(id).revokeReason == .invalidated)
        #expect(try await contract.consume(id).refusal?.isRevoked == true)
      }
      #expect(try await contract.refusal(other) == nil)
      #expect(try await contract.invalidate(.account(id: "42")) == 0)
    },
    Rule("an address takes its own links and those of the accounts it asked for") { contract in
      let asked = try await contract.mail(try Ask("a@example.com", account: "42"))
      let elsewhere = try await contract.mail(try Ask("b@example.com", account: "42"))
      let nameless = try await contract.accept(Ask("a@example.com").with(\.directory, .http))
      let other = try await contract.mail(try Ask("b@example.com", account: "43"))
      let address = try TestVault.address("a@example.com")
      #expect(try await contract.invalidate(.address(address)) == 3)
      for id in [asked, elsewhere, nameless] {
        #expect(try await contract.refusal(id)?.isRevoked == true)
      }
      #expect(try await contract.refusal(other) == nil)
    },
    Rule("another caller's links live on") { contract in
      let id = try await contract.mail(try Ask(account: "42"))
      let address = try TestVault.address("ada@example.com")
      #expect(try await contract.invalidate(.account(id: "42"), for: "other") == 0)
      #expect(try await contract.invalidate(.address(address), for: "other") == 0)
      #expect(try await contract.refusal(id) == nil)
    },
    Rule("what is dead already is neither counted nor changed") { contract in
      let used = try await contract.mail(try Ask("a@example.com", account: "42"))
      let at = try #require(try await contract.consume(used).consumedAt)
      try await contract.moveTime(.grain)
      let expired = try await contract.mail(try Ask("b@example.com", account: "42"))
      try await contract.moveTime(.seconds(1800))
      #expect(try await contract.invalidate(.account(id: "42")) == 0)
      #expect(try await contract.refusal(used) == .used(at: at))
      #expect(try await contract.refusal(expired) == .expired)
    },
    Rule("a link dies to the last moment before its expiry") { contract in
      let id = try await contract.mail(try Ask(account: "42"))
      try await contract.moveTime(.seconds(1800) - .grain)
      #expect(try await contract.invalidate(.account(id: "42")) == 1)
      #expect(try await contract.refusal(id)?.isRevoked == true)
    },
    Rule("a request past its expiry whose mail is still to come dies too") { contract in
      let id = try await contract.accept(try Ask(account: "42"))
      try await contract.moveTime(.seconds(1800))
      #expect(try await contract.invalidate(.account(id: "42")) == 1)
      #expect(try await contract.claim(id).isRevoked)
    },
  ]
}
