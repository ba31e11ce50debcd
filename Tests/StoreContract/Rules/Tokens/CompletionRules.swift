import PasswordReset
import Testing

extension StoreContract {
  static let completionRules = [
    Rule("a completed request has one notice and one event, however often it is reported") {
      contract in
      let id = try await contract.mail(try Ask(account: "42"))
      #expect(try await contract.consume(id).consumedAt != nil)
      #expect(try await contract.complete(id))
      for _ in 0..<3 { #expect(try await contract.complete(id)) }
      let notices = try await contract.store.outbox.claim(atMost: 64)
      #expect(notices.map(\.requestID) == [id] && notices.map(\.kind) == [.changed])
      let ready = try #require(notices.first?.ready)
      let details = try contract.vault.open(ready.sealed, kid: ready.kid, for: id)
      #expect(details.mailedTo.text == "stored-42@example.com")
      let events = try await contract.events()
      #expect(events.map(\.requestID) == [id])
      #expect(events.first?.ready?.event == .requestCompleted)
      #expect(events.first?.ready?.cause == nil)
    },
    Rule("completing again later brings nothing back and kills nothing") { contract in
      let id = try await contract.mail(try Ask(account: "42"))
      #expect(try await contract.complete(id))
      let notice = try await contract.claim(id, .changed)
      let event = try await contract.claim(id, .event, from: .events)
      for message in [notice, event] {
        #expect(try await contract.store.outbox.finish(message, .sent))
      }
      try await contract.moveTime(.grain)
      let later = try await contract.mail(try Ask(account: "42"))
      #expect(try await contract.complete(id))
      #expect(try await contract.claimable() == [])
      #expect(try await contract.refusal(later) == nil)
    },
    Rule("where no events are wanted there is only the notice") { contract in
      let id = try await contract.mail()
      #expect(try await contract.complete(id, reports: false))
      #expect(try await contract.events().isEmpty)
      #expect(try await contract.claim(id, .changed).ready != nil)
    },
    Rule("another caller's request, or none, is not completed") { contract in
      let id = try await contract.mail(try Ask(account: "42"))
      #expect(try await contract.complete(id, for: "other") == false)
      let nobody = RequestID.lowest(at: try contract.store.clock.now())
      #expect(try await contract.complete(nobody) == false)
      #expect(try await contract.claimable() == [])
      #expect(try await contract.refusal(id) == nil)
      #expect(try await contract.complete(id))
    },
    Rule("what is live for the account dies, the request itself too") { contract in
      let id = try await contract.mail(try Ask("a@example.com", account: "42"))
      let mailed = try await contract.mail(try Ask("b@example.com", account: "42"))
      let waiting = try await contract.accept(try Ask("c@example.com", account: "42"))
      let other = try await contract.mail(try Ask("a@example.com", account: "43"))
      let foreign = try await contract.mail(
        try Ask("b@example.com", account: "42").with(\.caller, "other"))
      #expect(try await contract.complete(id))
      for dead in [id, mailed, waiting] {
        #expect(try await contract.find(dead).revokeReason == .completed)
        #expect(try await contract.consume(dead).refusal?.isRevoked == true)
      }
      for live in [other, foreign] { #expect(try await contract.refusal(live) == nil) }
    },
    Rule("where nobody is asked, what is live for the address dies") { contract in
      let (id, same) = (try await contract.mail(), try await contract.mail())
      let other = try await contract.mail(Ask("bob@example.com"))
      #expect(try await contract.complete(id))
      for dead in [id, same] {
        #expect(try await contract.find(dead).revokeReason == .completed)
      }
      #expect(try await contract.refusal(other) == nil)
    },
    Rule("where the account is not known yet, what is live for the address dies") { contract in
      let unknown = try await contract.accept(Ask().with(\.directory, .http))
      let same = try await contract.mail(try Ask(account: "42"))
      let elsewhere = try await contract.mail(try Ask("bob@example.com", account: "42"))
      let other = try await contract.mail(try Ask("bob@example.com", account: "43"))
      #expect(try await contract.complete(unknown))
      for dead in [unknown, same, elsewhere] {
        #expect(try await contract.find(dead).revokeReason == .completed)
      }
      #expect(try await contract.refusal(other) == nil)
    },
    Rule("an expired link stays expired, and its notice goes out all the same") { contract in
      let id = try await contract.mail(try Ask(account: "42"))
      try await contract.moveTime(.seconds(1800))
      #expect(try await contract.complete(id))
      #expect(try await contract.refusal(id) == .expired)
      #expect(try await contract.claim(id, .changed).ready != nil)
    },
    Rule("a used link stays used, and its notice goes out all the same") { contract in
      let id = try await contract.mail()
      let at = try #require(try await contract.consume(id).consumedAt)
      #expect(try await contract.complete(id))
      #expect(try await contract.refusal(id) == .used(at: at))
      #expect(try await contract.describe(id).state == .consumed)
      let notice = try await contract.claim(id, .changed)
      #expect(notice.ready != nil)
      let before = try await contract.find(id)
      #expect(try await contract.store.outbox.finish(notice, .sent))
      let after = try await contract.find(id)
      #expect(after == before)
    },
    Rule("a notice makes no link live again") { contract in
      let id = try await contract.mail()
      #expect(try await contract.complete(id))
      let before = try await contract.find(id)
      try await contract.moveTime(.seconds(3600))
      #expect(try await contract.claim(id, .changed).ready != nil)
      let after = try await contract.find(id)
      #expect(after.expiresAt == before.expiresAt && after.refusal?.isRevoked == true)
    },
    Rule("of many reports at once, one queues the notice and the event") { contract in
      let id = try await contract.mail()
      let answers = try await contract.atOnce(20) { try await contract.complete(id) }
      #expect(answers.allSatisfy { $0 })
      #expect(try await contract.claimable(from: .mail) == [id])
      #expect(try await contract.claimable(from: .events) == [id])
    },
    Rule("a consume and a report at once: the link is dead, and the notice goes out once") {
      contract in
      let id = try await contract.mail(try Ask(account: "42"))
      async let completed = contract.complete(id)
      async let answer = contract.consume(id)
      #expect(try await completed)
      let refusal = try await contract.refusal(id)
      if let at = try await answer.consumedAt { #expect(refusal == .used(at: at)) }
      #expect(refusal != nil)
      #expect(try await contract.claimable(from: .mail) == [id])
    },
  ]

  func complete(
    _ id: RequestID, for caller: String = "app", reports: Bool = true
  ) async throws -> Bool {
    try await store.completer.complete(id, for: caller, reports: reports)
  }
}
