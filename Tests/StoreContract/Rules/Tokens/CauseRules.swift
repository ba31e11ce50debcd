import PasswordReset
import Testing

extension StoreContract {
  static let causeRules = [
    Rule("what killed a link first is told of it, whatever comes later") { contract in
      let used = try await contract.mail(try Ask("a@example.com", account: "42"))
      let mailed = try await contract.mail(try Ask("b@example.com", account: "42"))
      let waiting = try await contract.accept(try Ask("c@example.com", account: "42"))
      let consumed = try #require(try await contract.consume(used).consumedAt)
      try await contract.moveTime(.seconds(60))
      let second = try await contract.mail(try Ask("d@example.com", account: "42"))
      #expect(try await contract.complete(used))
      let completed = try await contract.find(used).readAt
      try await contract.moveTime(.seconds(60))
      let third = try await contract.mail(try Ask("e@example.com", account: "42"))
      #expect(try await contract.invalidate(.account(id: "42")) == 1)
      let invalidated = try await contract.find(used).readAt

      #expect(try await contract.refusal(used) == .used(at: consumed))
      for id in [mailed, waiting] {
        #expect(try await contract.refusal(id) == .revoked(at: consumed, reason: .siblingConsumed))
      }
      #expect(try await contract.refusal(second) == .revoked(at: completed, reason: .completed))
      #expect(try await contract.refusal(third) == .revoked(at: invalidated, reason: .invalidated))
      for (id, at, reason) in [
        (mailed, consumed, "sibling_consumed"), (second, completed, "completed"),
        (third, invalidated, "invalidated"),
      ] {
        let described = try await contract.describe(id)
        #expect(described.state == .revoked && described.reason == reason)
        #expect(described.revokedAt == at)
      }
    },
    Rule("a replaced link tells the mail that replaced it, however many come later") { contract in
      var asked: [Timestamp] = []
      var ids: [RequestID] = []
      for number in 0..<8 {
        ids.append(try await contract.mail(try Ask("p\(number)@example.com", account: "42")))
        asked.append(try await contract.find(ids[number]).createdAt)
        try await contract.moveTime(.seconds(10))
      }
      for (number, id) in ids.enumerated() {
        let refusal = try await contract.refusal(id)
        #expect(refusal == (number < 5 ? .replaced(at: asked[number + 3]) : nil))
      }
      #expect(try await contract.describe(ids[0]).revokedAt == asked[3])
    },
    Rule(
      "of many revocations the newest eight are told exactly, and what any of them killed is dead"
    ) {
      contract in
      var killed: [(id: RequestID, at: Timestamp)] = []
      for number in 0..<12 {
        let id = try await contract.mail(try Ask("p\(number)@example.com", account: "42"))
        #expect(try await contract.invalidate(.account(id: "42")) == 1)
        killed.append((id, try await contract.find(id).readAt))
        try await contract.moveTime(.seconds(10))
      }
      for (id, _) in killed.prefix(4) { #expect(try await contract.refusal(id)?.isRevoked == true) }
      for (id, at) in killed.suffix(8) {
        #expect(try await contract.refusal(id) == .revoked(at: at, reason: .invalidated))
      }
    },
    Rule("a link that had expired stays expired, whatever befalls its account") { contract in
      let expired = try await contract.mail(try Ask("a@example.com", account: "42"))
      try await contract.moveTime(.seconds(1800))
      let used = try await contract.mail(try Ask("b@example.com", account: "42"))
      #expect(try await contract.consume(used).consumedAt != nil)
      try await contract.moveTime(.seconds(60))
      #expect(try await contract.invalidate(.account(id: "42")) == 0)
      for number in 0..<4 {
        _ = try await contract.mail(try Ask("p\(number)@example.com", account: "42"))
        try await contract.moveTime(.seconds(1))
      }
      #expect(try await contract.refusal(expired) == .expired)
      let described = try await contract.describe(expired)
      #expect(described.state == .expired)
      #expect(described.reason == nil && described.revokedAt == nil)
    },
  ]
}
