import PasswordReset
import Testing

extension StoreContract {
  static let raceRules = [
    Rule("of fifty requests for one address at once, exactly the limit is accepted") { contract in
      let outcomes = try await contract.atOnce(50) { try await contract.record(Ask()) }
      #expect(outcomes.count { !$0.isLimited } == 3)
      #expect(
        outcomes.filter(\.isLimited).allSatisfy { $0 == .limited(by: .address, retryAfter: 900) })
      #expect(try await contract.claimable().count == 3)
    },
    Rule("of twenty requests with one key at once, one is accepted and the others are it") {
      contract in
      let outcomes = try await contract.atOnce(20) {
        try await contract.record(Ask().with(\.key, "k-1"))
      }
      let accepted = outcomes.compactMap { if case .accepted(let id) = $0 { id } else { nil } }
      let id = try #require(accepted.first)
      #expect(accepted.count == 1)
      #expect(outcomes.count { $0 == .replayed(id) } == 19)
    },
    Rule("of fifty consumes of one token at once, exactly one succeeds") { contract in
      let id = try await contract.mail()
      let answers = try await contract.atOnce(50) { try await contract.consume(id) }
      let at = try #require(answers.compactMap(\.consumedAt).first)
      #expect(answers.compactMap(\.consumedAt).count == 1)
      #expect(answers.compactMap(\.refusal).count { $0 == .used(at: at) } == 49)
    },
    Rule("of an account's links consumed at once, exactly one succeeds") { contract in
      var ids: [RequestID] = []
      for number in 0..<8 {
        ids.append(try await contract.accept(try Ask("p\(number)@example.com", account: "42")))
      }
      let answers = try await withThrowingTaskGroup(of: ConsumeToken.Answer.self) { group in
        for id in ids + ids { group.addTask { try await contract.consume(id) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.compactMap(\.consumedAt).count == 1)
      #expect(answers.compactMap(\.refusal).count == 15)
      var live = 0
      for id in ids where try await contract.refusal(id) == nil { live += 1 }
      #expect(live == 0)
    },
    Rule("concurrent claims never share a message") { contract in
      for number in 0..<30 { _ = try await contract.accept(Ask("p\(number)@example.com")) }
      let claims = try await contract.atOnce(12) {
        try await contract.store.outbox.claim(atMost: 4)
      }
      let claimed = claims.flatMap { $0.map(\.id) }
      #expect(claimed.count == Set(claimed).count)
      let rest = try await contract.store.outbox.claim(atMost: 64).map(\.id)
      #expect(Set(claimed + rest).count == 30 && claimed.count + rest.count == 30)
    },
    Rule("a consume and a revocation at once: one of them has the token") { contract in
      let id = try await contract.mail(try Ask(account: "42"))
      async let revoked = contract.invalidate(.account(id: "42"))
      async let answer = contract.consume(id)
      let (count, consumedAt) = (try await revoked, try await answer.consumedAt)
      #expect((count == 1) != (consumedAt != nil))
    },
  ]

  func atOnce<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self) { group in
      for _ in 0..<count { group.addTask { try await body() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }
}
