import PasswordReset
import Testing

extension StoreContract {
  static let consumeRules = [
    Rule("a token is consumed once, with what it was made for") { contract in
      let id = try await contract.mail(try Ask(account: "42"))
      guard case .consumed(let used, let details, let at) = try await contract.consume(id) else {
        throw BrokenRule()
      }
      #expect(used == id)
      #expect(details.account?.id == "42")
      for _ in 0..<3 { #expect(try await contract.consume(id).refusal == .used(at: at)) }
      #expect(try await contract.refusal(id) == .used(at: at))
    },
    Rule("a token works to the last moment before its expiry and not at it") { contract in
      let early = try await contract.mail(Ask("a@example.com"))
      let late = try await contract.mail(Ask("b@example.com"))
      try await contract.moveTime(.seconds(1800) - .grain)
      #expect(try await contract.refusal(late) == nil)
      #expect(try await contract.consume(early).consumedAt != nil)
      try await contract.moveTime(.grain)
      #expect(try await contract.refusal(late) == .expired)
      #expect(try await contract.consume(late).refusal == .expired)
      #expect(try await contract.find(late).consumedAt == nil)
    },
    Rule("a used token stays used after its expiry") { contract in
      let id = try await contract.mail()
      let at = try #require(try await contract.consume(id).consumedAt)
      try await contract.moveTime(.seconds(86_400))
      #expect(try await contract.consume(id).refusal == .used(at: at))
    },
    Rule("another caller's consume is refused as unknown and uses nothing up") { contract in
      let id = try await contract.mail()
      #expect(try await contract.consume(id, by: "other").refusal == .invalid)
      #expect(try await contract.consume(id).consumedAt != nil)
      #expect(try await contract.consume(id, by: "other").refusal == .invalid)
    },
    Rule("a consume is repeated to the one who knows its key, and to nobody else") { contract in
      let id = try await contract.mail()
      let at = try #require(try await contract.consume(id, key: "k-1").consumedAt)
      try await contract.moveTime(.seconds(90_000))
      #expect(try await contract.consume(id, key: "k-1").consumedAt == at)
      #expect(try await contract.consume(id, key: "k-2").refusal == .used(at: at))
      #expect(try await contract.consume(id).refusal == .used(at: at))
      #expect(try await contract.consume(id, by: "other", key: "k-1").refusal == .invalid)
    },
    Rule("a consume without a key is never repeated") { contract in
      let id = try await contract.mail()
      let at = try #require(try await contract.consume(id).consumedAt)
      #expect(try await contract.consume(id, key: "k-1").refusal == .used(at: at))
    },
    Rule("a changed account leaves the token unused") { contract in
      let id = try await contract.mail(try Ask(account: "42", version: "7"))
      guard case .accountChanged = try await contract.consume(id, version: "8") else {
        throw BrokenRule()
      }
      #expect(try await contract.refusal(id) == nil)
      #expect(try await contract.consume(id, version: "7").consumedAt != nil)
    },
    Rule("a judge that decides or fails leaves the token unused") { contract in
      let id = try await contract.mail()
      let decided = try await contract.store.consumer.consume(id, key: nil, reports: false) { _ in
        .decided(.refused(.invalid))
      }
      guard case .decided(.refused(.invalid)) = decided else { throw BrokenRule() }
      await #expect(throws: ResetError.corrupt) {
        _ = try await contract.store.consumer.consume(id, key: nil, reports: false) {
          _ throws(ResetError) in
          throw .corrupt
        }
      }
      #expect(try await contract.refusal(id) == nil)
    },
    Rule("a judge cannot bring a dead token back") { contract in
      let (used, expired) = (
        try await contract.mail(), try await contract.mail(Ask("b@example.com"))
      )
      #expect(try await contract.consume(used).consumedAt != nil)
      try await contract.moveTime(.seconds(1800))
      for id in [used, expired] {
        let outcome = try await contract.store.consumer.consume(
          id, key: nil, reports: false, judge: StoreContract.letsLive)
        guard case .decided(.refused) = outcome else { throw BrokenRule() }
      }
      #expect(try await contract.find(expired).consumedAt == nil)
    },
    Rule("a token whose request is gone is not consumed") { contract in
      let id = RequestID.lowest(at: try contract.store.clock.now())
      let outcome = try await contract.store.consumer.consume(
        id, key: nil, reports: false, judge: StoreContract.letsLive)
      guard case .missing = outcome else { throw BrokenRule() }
    },
  ]
}
