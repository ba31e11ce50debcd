import PasswordReset
import Testing

extension StoreContract {
  static let siblingRules = [
    Rule("consuming kills the other links of the account, mailed or not") { contract in
      let used = try await contract.mail(try Ask("a@example.com", account: "42"))
      let mailed = try await contract.mail(try Ask("b@example.com", account: "42"))
      let waiting = try await contract.accept(try Ask("c@example.com", account: "42"))
      let at = try #require(try await contract.consume(used).consumedAt)
      #expect(try await contract.refusal(mailed) == .revoked(at: at, reason: .siblingConsumed))
      #expect(try await contract.refusal(waiting) == .revoked(at: at, reason: .siblingConsumed))
      #expect(try await contract.claim(waiting).isRevoked)
    },
    Rule("consuming kills an expired link that is still to be mailed") { contract in
      let waiting = try await contract.accept(try Ask(account: "42"))
      try await contract.moveTime(.seconds(1801))
      // The mail of the second goes out while the first one waits for another try.
      let id = try await contract.accept(try Ask(account: "42"))
      #expect(try await contract.consume(id).consumedAt != nil)
      #expect(try await contract.claim(waiting).isRevoked)
    },
    Rule("consuming leaves what has expired as it is, unless a dead letter could bring it back") {
      contract in
      let expired = try await contract.mail(try Ask("a@example.com", account: "42"))
      let dead = try await contract.claim(
        try await contract.accept(try Ask("b@example.com", account: "42")))
      #expect(try await contract.store.outbox.finish(dead, .dead(cause: "rcpt_550")))
      try await contract.moveTime(.seconds(1800))
      let used = try await contract.mail(try Ask("c@example.com", account: "42"))
      #expect(try await contract.consume(used, reports: true).consumedAt != nil)
      #expect(try await contract.refusal(expired) == .expired)
      #expect(try await contract.refusal(dead.requestID)?.isRevoked == true)
    },
    Rule("other accounts keep their links, also those of the same address") { contract in
      let used = try await contract.mail(try Ask(account: "42"))
      let other = try await contract.mail(try Ask(account: "43"))
      #expect(try await contract.consume(used).consumedAt != nil)
      #expect(try await contract.refusal(other) == nil)
    },
    Rule("the same account of another caller keeps its links") { contract in
      let used = try await contract.mail(try Ask(account: "42"))
      let other = try await contract.mail(try Ask(account: "42").with(\.caller, "other"))
      #expect(try await contract.consume(used).consumedAt != nil)
      #expect(try await contract.refusal(other) == nil)
    },
    Rule("where nobody is asked, the links of an address are siblings") { contract in
      let (used, same) = (try await contract.mail(), try await contract.mail())
      let other = try await contract.mail(Ask("bob@example.com"))
      #expect(try await contract.consume(used).consumedAt != nil)
      #expect(try await contract.refusal(same)?.isRevoked == true)
      #expect(try await contract.refusal(other) == nil)
    },
    Rule("a link that names only an address is a sibling of all links of the address") { contract in
      for isFirst in [true, false] {
        let email = "\(isFirst ? "a" : "b")@example.com"
        let account = try await contract.mail(try Ask(email, account: isFirst ? "42" : "43"))
        let bare = try await contract.mail(Ask(email))
        let (used, other) = isFirst ? (account, bare) : (bare, account)
        #expect(try await contract.consume(used).consumedAt != nil)
        #expect(try await contract.refusal(other)?.isRevoked == true)
      }
    },
    Rule("a request whose account is not known yet is a sibling by its address") { contract in
      let used = try await contract.mail(try Ask(account: "42"))
      let unknown = try await contract.accept(Ask().with(\.directory, .http))
      let elsewhere = try await contract.accept(Ask("bob@example.com").with(\.directory, .http))
      #expect(try await contract.consume(used).consumedAt != nil)
      #expect(try await contract.refusal(unknown)?.isRevoked == true)
      #expect(try await contract.refusal(elsewhere) == nil)
    },
    Rule("a revoked sibling cannot be consumed") { contract in
      let (used, same) = (try await contract.mail(), try await contract.mail())
      let at = try #require(try await contract.consume(used).consumedAt)
      #expect(
        try await contract.consume(same).refusal == .revoked(at: at, reason: .siblingConsumed))
      #expect(
        try await contract.consume(same, key: "k").refusal
          == .revoked(at: at, reason: .siblingConsumed))
    },
  ]
}
