import PasswordReset
import Testing

/// Once a mail may have arrived its link only expires.
extension StoreContract {
  static let arrivalRules = [
    Rule(
      "an attempt that may have arrived fixes the expiry, and after it the link is not mailed again"
    ) {
      contract in
      let id = try await contract.accept()
      let first = try await contract.claim(id)
      let expiry = try await contract.find(id).expiresAt
      try await contract.moveTime(.seconds(10))
      #expect(try await contract.store.outbox.finish(first, .uncertain(seconds: 60)))
      for seconds in [60, 60, 1669] as [Int64] {
        try await contract.moveTime(.seconds(seconds))
        let message = try await contract.claim(id)
        #expect(message.ready != nil)
        #expect(try await contract.find(id).expiresAt == expiry)
        #expect(try await contract.refusal(id) == nil)
        #expect(try await contract.store.outbox.finish(message, .retry(seconds: 1)))
      }
      try await contract.moveTime(.seconds(1))
      #expect(try await contract.describe(id).state == .expired)
      try await contract.isDroppedAsExpired(id, from: .mail, expiry)
    },
    Rule("a lost attempt fixes the expiry, and after it the link is not mailed again") { contract in
      let id = try await contract.accept()
      _ = try await contract.claim(id)
      let expiry = try await contract.find(id).expiresAt
      for _ in 0..<19 {
        try await contract.moveTime(.seconds(90))
        #expect(try await contract.claim(id, from: .suspects).ready != nil)
        #expect(try await contract.find(id).expiresAt == expiry)
      }
      try await contract.moveTime(.seconds(90))
      try await contract.isDroppedAsExpired(id, from: .suspects, expiry)
    },
    Rule("a link that may have arrived ends at its expiry, also while nothing is claimed") {
      contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .uncertain(seconds: 5000)))
      try await contract.moveTime(.seconds(1800) - .grain)
      #expect(try await contract.expire() == 0)
      try await contract.moveTime(.grain)
      #expect(try await contract.expire() == 1)
      #expect(try await contract.describe(id).state == .expired)
      try await contract.moveTime(.seconds(5000))
      #expect(try await contract.claimable() == [])
    },
    Rule("while attempts only fail the expiry moves with each") { contract in
      let id = try await contract.accept()
      for _ in 0..<3 {
        let message = try await contract.claim(id)
        let request = try await contract.find(id)
        #expect(request.expiresAt == request.readAt.advanced(bySeconds: 1800))
        #expect(try await contract.store.outbox.finish(message, .retry(seconds: 1900)))
        #expect(try await contract.expire() == 0)
        try await contract.moveTime(.seconds(1900))
        #expect(try await contract.refusal(id) == .expired)
      }
    },
    Rule("what was released unsent may not have arrived, and its expiry moves") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .released(seconds: 600)))
      try await contract.moveTime(.seconds(600))
      #expect(try await contract.claim(id).ready != nil)
      let request = try await contract.find(id)
      #expect(request.expiresAt == request.createdAt.advanced(bySeconds: 600 + 1800))
    },
  ]

  private func isDroppedAsExpired(
    _ id: RequestID, from queue: OutboxQueue, _ expiry: Timestamp
  ) async throws {
    #expect(try await refusal(id) == .expired)
    let message = try await claim(id, from: queue)
    #expect(message.isExpired)
    #expect(try await store.outbox.finish(message, .dropped(.expired)))
    let described = try await describe(id)
    #expect(described.state == .expired && described.expiresAt == expiry)
    #expect(try await claimable() == [])
    #expect(try await refusal(id) == .expired)
  }
}

extension AttemptOutcome {
  static func uncertain(seconds: Int64) -> AttemptOutcome {
    .uncertain(after: WholeDuration(seconds: seconds), cause: "data_timeout")
  }
}
