import PasswordReset
import Testing

extension StoreContract {
  static let leaseRules = [
    Rule("a message is due again exactly when its lease is over") { contract in
      let id = try await contract.accept()
      #expect(try await contract.claim(id).attempt == 1)
      try await contract.moveTime(.seconds(90) - .grain)
      #expect(try await contract.claimable() == [])
      #expect(try await contract.describe(id).state == .sending)
      try await contract.moveTime(.grain)
      #expect(try await contract.describe(id).state == .accepted)
      #expect(try await contract.claim(id, from: .suspects).attempt == 2)
    },
    Rule("a lost lease changes nothing", lostLease),
    Rule("a lease that is over but was taken by nobody may still be finished") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      try await contract.moveTime(.seconds(600))
      #expect(try await contract.store.outbox.finish(message, .sent))
      #expect(try await contract.claimable() == [])
      #expect(try await contract.describe(id).state == .sent)
    },
    Rule("a renewed lease begins anew") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      try await contract.moveTime(.seconds(60))
      #expect(try await contract.store.outbox.renew([message]) == [message.id])
      try await contract.moveTime(.seconds(90) - .grain)
      #expect(try await contract.claimable() == [])
      try await contract.moveTime(.grain)
      #expect(try await contract.claim(id, from: .suspects).attempt == 2)
    },
    Rule("what has ended is not renewed") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      let retry = AttemptOutcome.retry(after: WholeDuration(seconds: 5), cause: "data_451")
      #expect(try await contract.store.outbox.finish(message, retry))
      #expect(try await contract.store.outbox.renew([message]).isEmpty)
      #expect(try await contract.describe(id).state == .accepted)
      try await contract.moveTime(.seconds(5))
      #expect(try await contract.claim(id).attempt == 2)
    },
    Rule("renewing nothing is harmless") { contract in
      let held = try await contract.store.outbox.renew([])
      #expect(held.isEmpty)
    },
  ]

  private static let lostLease: @Sendable (StoreContract) async throws -> Void = { contract in
    let outbox = contract.store.outbox
    let id = try await contract.accept(Ask().with(\.directory, .http))
    let stale = try await contract.claim(id)
    try await contract.moveTime(.seconds(90))
    let held = try await contract.claim(id, from: .suspects)
    let outcomes: [AttemptOutcome] = [
      .sent, .dead(cause: "rcpt_550"), .dropped(.noAccount), .released(seconds: 0),
      .retry(seconds: 1),
    ]
    for outcome in outcomes { #expect(try await outbox.finish(stale, outcome) == false) }
    try await contract.moveTime(.seconds(30))
    #expect(try await outbox.renew([stale]).isEmpty)
    let sealed = try contract.vault.seal(
      try contract.vault.open(try await contract.find(id)), for: id)
    let account = try contract.vault.accountKey(id: "42", caller: "app")
    #expect(try await outbox.name(account, sealed: sealed, for: stale) == false)
    let described = try await contract.describe(id)
    #expect(described.state == .sending)
    #expect(described.sentAt == nil && described.droppedAt == nil && described.failedAt == nil)
    try await contract.moveTime(.seconds(60) - .grain)
    #expect(try await contract.claimable() == [])
    #expect(try await outbox.finish(held, .sent))
  }
}
