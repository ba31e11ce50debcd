import Cryptography
import PasswordReset
import Testing

extension StoreContract {
  static let suppressionRules = [
    Rule("an address is suppressed until its end, and no other one is") { contract in
      #expect(try await contract.isSuppressed() == false)
      try await contract.suppress(for: 3600)
      #expect(try await contract.isSuppressed("bob@example.com") == false)
      try await contract.moveTime(.seconds(3600) - .grain)
      #expect(try await contract.isSuppressed())
      try await contract.moveTime(.grain)
      #expect(try await contract.isSuppressed() == false)
    },
    Rule("of two suppressions the later end counts, whichever came first") { contract in
      for (email, lifetimes) in [("a@example.com", [60, 3600]), ("b@example.com", [3600, 60])] {
        for lifetime in lifetimes {
          try await contract.suppress(email, for: Int64(lifetime))
        }
        try await contract.moveTime(.seconds(3600) - .grain)
        #expect(try await contract.isSuppressed(email))
        try await contract.moveTime(.grain)
        #expect(try await contract.isSuppressed(email) == false)
      }
    },
    Rule("an address that was suppressed once can be again") { contract in
      try await contract.suppress(for: 60)
      try await contract.moveTime(.seconds(60))
      #expect(try await contract.isSuppressed() == false)
      try await contract.suppress(for: 60)
      #expect(try await contract.isSuppressed())
    },
    Rule("of many suppressions at once the latest end counts") { contract in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for lifetime in [60, 3600, 120, 1800, 3599, 61] {
          group.addTask { try await contract.suppress(for: Int64(lifetime)) }
        }
        try await group.waitForAll()
      }
      try await contract.moveTime(.seconds(3600) - .grain)
      #expect(try await contract.isSuppressed())
      try await contract.moveTime(.grain)
      #expect(try await contract.isSuppressed() == false)
    },
    Rule("a claim says whether the typed address is suppressed, until its end") { contract in
      try await contract.suppress(for: 3600)
      let id = try await contract.accept()
      let other = try await contract.accept(Ask("bob@example.com"))
      for (passed, isSuppressed) in [
        (Duration.zero, true), (.seconds(3600) - .grain, true), (.grain, false),
      ] {
        try await contract.moveTime(passed)
        let claimed = try await contract.store.outbox.claim(atMost: 64)
        #expect(claimed.count == 2)
        for message in claimed {
          let isMeant = message.requestID == id && isSuppressed
          #expect(message.ready?.isSuppressed == isMeant)
          #expect([id, other].contains(message.requestID))
          #expect(try await contract.store.outbox.finish(message, .released(seconds: 0)))
        }
      }
    },
    Rule("a notice says it too") { contract in
      let id = try await contract.mail()
      #expect(try await contract.complete(id))
      try await contract.suppress(for: 3600)
      #expect(try await contract.claim(id, .changed).ready?.isSuppressed == true)
      #expect(try await contract.claim(id, .event, from: .events).ready?.event != nil)
    },
    Rule("a suppression is its caller's own") { contract in
      try await contract.suppress(for: 3600, caller: "other")
      #expect(try await contract.isSuppressed() == false)
      #expect(try await contract.isSuppressed(for: "other"))
      let own = try await contract.accept()
      let others = try await contract.accept(Ask().with(\.caller, "other"))
      let claimed = try await contract.store.outbox.claim(atMost: 64)
      #expect(Set(claimed.map(\.requestID)) == [own, others])
      for message in claimed {
        #expect(message.ready?.isSuppressed == (message.requestID == others))
      }
    },
    Rule("requests for a suppressed address are accepted as always") { contract in
      try await contract.suppress(for: 3600)
      for _ in 0..<3 { _ = try await contract.accept() }
      #expect(try await contract.record(Ask()) == .limited(by: .address, retryAfter: 900))
    },
  ]

  func isSuppressed(
    _ email: String = "ada@example.com", for caller: String = "app"
  ) async throws -> Bool {
    try await store.suppressions.contains(
      try vault.addressKey(try TestVault.address(email), caller: caller))
  }

  private func suppress(
    _ email: String = "ada@example.com", for seconds: Int64, caller: String = "app"
  ) async throws {
    try await store.suppressions.add(
      try suppression(of: email, .refused, for: seconds, caller: caller))
  }

  func suppression(
    of email: String, _ reason: SuppressionReason, for seconds: Int64, caller: String = "app"
  ) throws -> Suppression {
    let suppressor = Suppressor(
      vault: vault, lifetime: WholeDuration(seconds: seconds), clock: store.clock
    ) { () throws(ResetError) in
      do { return try SecureRandom.bytes(10) } catch { throw .cryptography }
    }
    return try suppressor.suppression(
      of: try TestVault.address(email), for: caller, reason, by: "1-smtp")
  }
}
