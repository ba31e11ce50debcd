import PasswordReset
import Testing

extension StoreContract {
  static let expiryRules = [
    Rule("what is too old ends without an attempt, exactly when its time is over") { contract in
      let old = try await contract.accept(Ask("a@example.com"))
      try await contract.moveTime(.grain)
      let young = try await contract.accept(Ask("b@example.com"))
      try await contract.moveTime(.seconds(7200) - .grain - .grain)
      #expect(try await contract.expire() == 0)
      try await contract.moveTime(.grain)
      #expect(try await contract.expire() == 1)
      let described = try await contract.describe(old)
      #expect(described.state == .expired && described.droppedAt != nil)
      #expect(try await contract.expire() == 0)
      #expect(try await contract.claimable() == [young])
    },
    Rule("what somebody holds does not end, and does when the lease has run out") { contract in
      let id = try await contract.accept()
      try await contract.moveTime(.seconds(7199))
      let message = try await contract.claim(id)
      try await contract.moveTime(.seconds(90) - .grain)
      #expect(try await contract.expire() == 0)
      #expect(try await contract.describe(id).state == .sending)
      try await contract.moveTime(.grain)
      #expect(try await contract.expire() == 1)
      #expect(try await contract.describe(id).state == .expired)
      #expect(try await contract.store.outbox.finish(message, .sent) == false)
      #expect(try await contract.claimable() == [])
    },
    Rule("what waits for another try ends too") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .retry(seconds: 9000)))
      try await contract.moveTime(.seconds(7200))
      #expect(try await contract.expire() == 1)
      try await contract.moveTime(.seconds(9000))
      #expect(try await contract.claimable() == [])
    },
    Rule("at most so many end at once, the oldest first") { contract in
      var ids: [RequestID] = []
      for number in 0..<5 {
        ids.append(try await contract.accept(Ask("p\(number)@example.com")))
        try await contract.moveTime(.seconds(1))
      }
      try await contract.moveTime(.seconds(7200))
      #expect(try await contract.expire(atMost: 3) == 3)
      for (number, id) in ids.enumerated() {
        #expect((try await contract.find(id).droppedAt != nil) == (number < 3))
      }
      #expect(try await contract.expire(atMost: 3) == 2)
    },
    Rule("the callers that want events are told, all but some", subscribersAreTold),
    Rule("a link that is not to be sent any more ends as revoked, and nobody is told") {
      contract in
      let id = try await contract.accept(try Ask(account: "42"))
      #expect(try await contract.invalidate(.account(id: "42")) == 1)
      try await contract.moveTime(.seconds(7200))
      #expect(try await contract.expire(common: true) == 1)
      #expect(try await contract.describe(id).state == .dropped)
      #expect(try await contract.describe(id).reason == "revoked")
      #expect(try await contract.claimable() == [])
    },
    Rule("the mail that there is no account ends too, and its request is as it was") { contract in
      let id = try await contract.accept()
      #expect(try await contract.sayNoAccount(try await contract.claim(id)))
      try await contract.moveTime(.seconds(7200))
      #expect(try await contract.expire() == 1)
      #expect(try await contract.describe(id).reason == "no_account")
      #expect(try await contract.claimable() == [])
    },
    Rule("dead letters, notices and events do not end so") { contract in
      let dead = try await contract.accept(Ask("a@example.com"))
      let message = try await contract.claim(dead)
      #expect(try await contract.store.outbox.finish(message, .dead(cause: "rcpt_550")))
      let id = try await contract.mail(Ask("b@example.com"))
      #expect(try await contract.store.completer.complete(id, for: "app", reports: true))
      try await contract.moveTime(.seconds(7200))
      #expect(try await contract.expire(common: true) == 0)
      #expect(try await contract.describe(dead).state == .failed)
      #expect(try await contract.claimable() == [id, id])
    },
    Rule("of a claim and an end at once, one has the message", claimOrExpire),
  ]

  private static let subscribersAreTold: @Sendable (StoreContract) async throws -> Void = {
    contract in
    for common in [true, false] {
      let plain = try await contract.accept(Ask("\(common)-a@example.com"))
      let odd = try await contract.accept(
        Ask("\(common)-b@example.com").with(\.caller, "other"))
      try await contract.moveTime(.seconds(7200))
      #expect(try await contract.expire(common: common, exceptions: ["other", "third"]) == 2)
      let events = try await contract.events()
      #expect(events.map(\.requestID) == [common ? plain : odd])
      #expect(events.map(\.kind) == [.event])
      #expect(events.first?.ready?.event == .deliveryFailed)
      #expect(events.first?.ready?.cause == "expired")
    }
  }

  private static let claimOrExpire: @Sendable (StoreContract) async throws -> Void = { contract in
    for number in 0..<12 { _ = try await contract.accept(Ask("p\(number)@example.com")) }
    try await contract.moveTime(.seconds(7200))
    async let ended = contract.atOnce(3) { try await contract.expire(atMost: 4) }
    async let claimed = contract.atOnce(3) {
      try await contract.store.outbox.claim(atMost: 4).count
    }
    let (first, second) = (try await ended.reduce(0, +), try await claimed.reduce(0, +))
    let rest = try await contract.claimable().count
    #expect(first + second + rest == 12)
  }

  func expire(
    atMost limit: Int = 64, common: Bool = false, exceptions: [String] = []
  ) async throws -> Int {
    try await store.outbox.expire(
      atMost: limit, reports: EventSubscribers(common: common, exceptions: exceptions))
  }
}
