import PasswordReset
import Testing

extension StoreContract {
  static let acceptanceRules = [
    Rule("an accepted request is read back as it was taken down") { contract in
      let before = try contract.store.clock.now()
      let id = try await contract.accept(try Ask(account: "42"))
      let after = try contract.store.clock.now()
      let request = try await contract.find(id)
      let details = try contract.vault.open(request)
      #expect(request.id == id)
      #expect(request.caller == "app")
      #expect(details.email.text == "ada@example.com")
      #expect(details.account?.id == "42")
      #expect(request.createdAt >= before.advanced(bySeconds: -1))
      #expect(request.createdAt <= after)
      #expect(request.expiresAt == request.createdAt.advanced(bySeconds: 1800))
      #expect(request.refusal == nil)
      #expect(request.sentAt == nil)
    },
    Rule("a request that nobody made is not found") { contract in
      let id = RequestID.lowest(at: try contract.store.clock.now())
      #expect(try await contract.store.reader.find(id) == nil)
      #expect(try await contract.store.reader.describe(id, for: "app") == nil)
    },
    Rule("reading changes nothing, however often") { contract in
      let id = try await contract.accept()
      let first = try await contract.find(id)
      for _ in 0..<20 {
        let again = try await contract.find(id)
        #expect(again == first)
      }
      #expect(try await contract.consume(id).consumedAt != nil)
    },
    Rule("many requests are found by many readers at once, each its own") { contract in
      var ids: [RequestID] = []
      for number in 0..<20 { ids.append(try await contract.accept(Ask("p\(number)@example.com"))) }
      try await withThrowingTaskGroup(of: (RequestID, RequestID).self) { group in
        for id in ids { group.addTask { (id, try await contract.find(id).id) } }
        for try await (asked, found) in group { #expect(asked == found) }
      }
    },
    Rule("a request comes with one message, due at once") { contract in
      let id = try await contract.accept()
      let messages = try await contract.store.outbox.claim(atMost: 64)
      #expect(messages.map(\.requestID) == [id])
      #expect(messages.map(\.kind) == [.link])
      let sealed = try #require(messages.first?.ready)
      let details = try contract.vault.open(sealed.sealed, kid: sealed.kid, for: id)
      #expect(details.email.text == "ada@example.com")
    },
  ]
}
