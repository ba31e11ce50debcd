import PasswordReset
import Testing

extension StoreContract {
  static let noAccountRules = [
    Rule("a link without an account becomes the mail that says so") { contract in
      let id = try await contract.accept()
      let link = try await contract.claim(id)
      try await contract.moveTime(.seconds(1))
      #expect(try await contract.sayNoAccount(link))
      #expect(try await contract.claimable(from: .suspects, .events) == [])
      let mail = try await contract.claim(id, .noAccount)
      #expect(mail.id == link.id && mail.attempt == link.attempt + 1)
      #expect(mail.failures == 0 && mail.lost == 0)
      let ready = try #require(mail.ready)
      let details = try contract.vault.open(ready.sealed, kid: ready.kid, for: id)
      #expect(details.email.text == "ada@example.com")
      let described = try await contract.describe(id)
      #expect(described.state == .dropped && described.reason == "no_account")
    },
    Rule("the mail that there is no account does not make its link one that was sent") { contract in
      let id = try await contract.accept()
      #expect(try await contract.sayNoAccount(try await contract.claim(id)))
      let mail = try await contract.claim(id, .noAccount)
      #expect(try await contract.store.outbox.finish(mail, .sent))
      #expect(try await contract.claimable() == [])
      let described = try await contract.describe(id)
      #expect(described.sentAt == nil && described.reason == "no_account")
    },
    Rule("an address that was told lately is not told again, and nothing is changed") { contract in
      let (first, second) = (try await contract.accept(), try await contract.accept())
      let claimed = try await contract.store.outbox.claim(atMost: 64)
      let told = try #require(claimed.first { $0.requestID == first })
      let kept = try #require(claimed.first { $0.requestID == second })
      #expect(try await contract.sayNoAccount(told))
      #expect(try await contract.sayNoAccount(kept) == false)
      #expect(try await contract.describe(second).state == .sending)
      #expect(try await contract.find(second).droppedAt == nil)
      #expect(try await contract.claimable() == [first])
      #expect(try await contract.store.outbox.finish(kept, .dropped(.noAccount)))
      #expect(try await contract.describe(second).reason == "no_account")
    },
    Rule("an address may be told again exactly when its window has passed") { contract in
      let first = try await contract.claim(try await contract.accept())
      #expect(try await contract.sayNoAccount(first, limits: "1/1h"))
      try await contract.moveTime(.seconds(3600) - .grain)
      let second = try await contract.claim(try await contract.accept())
      #expect(try await contract.sayNoAccount(second, limits: "1/1h") == false)
      try await contract.moveTime(.grain)
      #expect(try await contract.sayNoAccount(second, limits: "1/1h"))
    },
    Rule("addresses are told each on their own, and requests have other limits") { contract in
      for email in ["a@example.com", "b@example.com"] {
        let message = try await contract.claim(try await contract.accept(Ask(email)))
        #expect(try await contract.sayNoAccount(message, to: email))
        for _ in 0..<2 { _ = try await contract.accept(Ask(email)) }
        #expect(try await contract.record(Ask(email)).isLimited)
      }
    },
    Rule("who has lost the lease says nothing, and the address keeps its room") { contract in
      let id = try await contract.accept()
      let stale = try await contract.claim(id)
      try await contract.moveTime(.seconds(90))
      let held = try await contract.claim(id, from: .suspects)
      #expect(try await contract.sayNoAccount(stale) == false)
      #expect(try await contract.describe(id).state == .sending)
      #expect(try await contract.sayNoAccount(held))
    },
    Rule("the attempt that said so has ended") { contract in
      let id = try await contract.accept()
      let link = try await contract.claim(id)
      #expect(try await contract.sayNoAccount(link, limits: "3/1d"))
      #expect(try await contract.sayNoAccount(link, limits: "3/1d") == false)
      #expect(try await contract.store.outbox.finish(link, .sent) == false)
      #expect(try await contract.store.outbox.renew([link]).isEmpty)
      #expect(try await contract.claim(id, .noAccount).ready != nil)
    },
    Rule("only a link becomes that mail") { contract in
      let id = try await contract.mail()
      #expect(try await contract.store.completer.complete(id, for: "app", reports: true))
      let notice = try await contract.claim(id, .changed)
      let event = try await contract.claim(id, .event, from: .events)
      for message in [notice, event] { #expect(try await contract.sayNoAccount(message) == false) }
      #expect(try await contract.store.outbox.finish(notice, .sent))
      #expect(try await contract.store.outbox.finish(event, .sent))
    },
    Rule("of an address's links at once, as many become that mail as its limit allows") {
      contract in
      let ask = Ask().with(\.addressLimits, "9/1h")
      for _ in 0..<6 { _ = try await contract.accept(ask) }
      let claimed = try await contract.store.outbox.claim(atMost: 64)
      let told = try await withThrowingTaskGroup(of: Bool.self) { group in
        for message in claimed {
          group.addTask { try await contract.sayNoAccount(message, limits: "2/1d") }
        }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(claimed.count == 6 && told == 2)
      #expect(try await contract.claimable().count == 2)
    },
  ]

  func sayNoAccount(
    _ message: ClaimedMessage, to email: String = "ada@example.com", limits: String = "1/1d"
  ) async throws -> Bool {
    try await store.outbox.sayNoAccount(
      message, limiterKey: try vault.noAccountKey(try TestVault.address(email), caller: "shop"),
      limits: try #require(RateLimits(limits)))
  }
}
