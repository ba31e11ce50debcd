import PasswordReset
import Testing

extension StoreContract {
  static let claimRules = [
    Rule("a message is claimed by one, and its attempt is counted") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      #expect(message.attempt == 1)
      #expect(try await contract.claimable() == [])
    },
    Rule("a claim takes at most so many, those that are due longest first") { contract in
      var ids: [RequestID] = []
      for number in 0..<5 {
        ids.append(try await contract.accept(Ask("p\(number)@example.com")))
        try await contract.moveTime(.seconds(1))
      }
      let first = try await contract.store.outbox.claim(atMost: 2).map(\.requestID)
      #expect(Set(first) == Set(ids[0..<2]))
      let rest = try await contract.store.outbox.claim(atMost: 64).map(\.requestID)
      #expect(Set(rest) == Set(ids[2...]))
      #expect(try await contract.store.outbox.claim(atMost: 0).isEmpty)
    },
    Rule("a claim moves the expiry, so that the mailed link is alive when it arrives") { contract in
      let id = try await contract.accept()
      try await contract.moveTime(.seconds(2400))
      #expect(try await contract.refusal(id) == .expired)
      let message = try await contract.claim(id)
      let request = try await contract.find(id)
      #expect(request.refusal == nil)
      #expect(request.expiresAt == request.createdAt.advanced(bySeconds: 2400 + 1800))
      #expect(message.queuedAt == request.createdAt)
      #expect(message.claimedAt == request.createdAt.advanced(bySeconds: 2400))
      #expect(message.ready?.caller == "app")
    },
    Rule("a message is given up exactly when its time is over") { contract in
      let last = try await contract.accept(Ask("a@example.com"))
      try await contract.moveTime(.grain)
      let kept = try await contract.accept(Ask("b@example.com"))
      try await contract.moveTime(.seconds(7200) - .grain)
      let claimed = try await contract.store.outbox.claim(atMost: 64)
      let content = Dictionary(uniqueKeysWithValues: claimed.map { ($0.requestID, $0) })
      guard case .expired(caller: "app")? = content[last]?.content else { throw BrokenRule() }
      #expect(content[kept]?.ready != nil)
      #expect(try await contract.refusal(last) == .expired)
    },
    Rule("what was revoked before sending is not sent") { contract in
      let id = try await contract.accept(try Ask(account: "42"))
      #expect(try await contract.invalidate(.account(id: "42")) == 1)
      let expiry = try await contract.find(id).expiresAt
      try await contract.moveTime(.seconds(60))
      #expect(try await contract.claim(id).isRevoked)
      #expect(try await contract.find(id).expiresAt == expiry)
    },
    Rule("what was consumed before another try is not sent again") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      let retry = AttemptOutcome.retry(after: WholeDuration(seconds: 1), cause: "data_timeout")
      #expect(try await contract.store.outbox.finish(message, retry))
      let at = try #require(try await contract.consume(id).consumedAt)
      try await contract.moveTime(.seconds(1))
      let second = try await contract.claim(id)
      #expect(second.isRevoked)
      #expect(try await contract.store.outbox.finish(second, .dropped(.revoked)))
      #expect(try await contract.refusal(id) == .used(at: at))
      #expect(try await contract.describe(id).state == .consumed)
    },
  ]
}
