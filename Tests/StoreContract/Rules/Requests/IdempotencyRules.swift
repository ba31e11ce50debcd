import PasswordReset
import Testing

extension StoreContract {
  private static let keyed = Ask().with(\.key, "k-1")

  static let idempotencyRules = [
    Rule("the same key and body is the same request, with one message") { contract in
      let id = try await contract.accept(keyed)
      for _ in 0..<5 { #expect(try await contract.record(keyed) == .replayed(id)) }
      #expect(try await contract.claimable() == [id])
    },
    Rule("the same key with another body is a conflict and changes nothing") { contract in
      let id = try await contract.accept(keyed)
      #expect(try await contract.record(keyed.with(\.body, "{ }")) == .conflict)
      #expect(try await contract.record(keyed) == .replayed(id))
      #expect(try await contract.claimable() == [id])
    },
    Rule("a repeat is answered where the limit is used up, and does not count") { contract in
      let id = try await contract.accept(keyed)
      for _ in 0..<4 { #expect(try await contract.record(keyed) == .replayed(id)) }
      for _ in 0..<2 { _ = try await contract.accept() }
      #expect(try await contract.record(Ask()).isLimited)
      #expect(try await contract.record(keyed) == .replayed(id))
    },
    Rule("a key is honoured for 24 hours and then new") { contract in
      let id = try await contract.accept(keyed)
      try await contract.moveTime(.seconds(86_400) - .grain)
      #expect(try await contract.record(keyed) == .replayed(id))
      #expect(try await contract.record(keyed.with(\.body, "other")) == .conflict)
      try await contract.moveTime(.grain)
      let second = try await contract.accept(keyed.with(\.body, "other"))
      #expect(second != id)
      #expect(try await contract.record(keyed.with(\.body, "other")) == .replayed(second))
    },
    Rule("only what was accepted is kept") { contract in
      for _ in 0..<3 { _ = try await contract.accept() }
      #expect(try await contract.record(keyed).isLimited)
      #expect(try await contract.record(keyed.with(\.body, "other")).isLimited)
      try await contract.moveTime(.seconds(900))
      _ = try await contract.accept(keyed.with(\.body, "other"))
    },
    Rule("a key belongs to its caller") { contract in
      let first = try await contract.accept(keyed)
      let second = try await contract.accept(keyed.with(\.caller, "other").with(\.body, "x"))
      #expect(first != second)
      #expect(try await contract.record(keyed) == .replayed(first))
    },
  ]
}
