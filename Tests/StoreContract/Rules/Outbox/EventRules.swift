import PasswordReset
import Testing

extension StoreContract {
  static let eventRules = [
    Rule("an end that is reported queues one event with its cause, due at once", reportedEnds),
    Rule("an end that is not reported queues none") { contract in
      let message = try await contract.claim(try await contract.accept())
      #expect(try await contract.store.outbox.finish(message, .dead(cause: "rcpt_550")))
      #expect(try await contract.events().isEmpty)
    },
    Rule("who has lost the lease reports nothing") { contract in
      let id = try await contract.accept()
      let stale = try await contract.claim(id)
      try await contract.moveTime(.seconds(90))
      _ = try await contract.claim(id, from: .suspects)
      let end = AttemptOutcome.dead(cause: "rcpt_550")
      #expect(try await contract.store.outbox.finish(stale, end, report: .deliveryFailed) == false)
      #expect(try await contract.events().isEmpty)
    },
    Rule("an event that was delivered is gone and changes nothing of its request") { contract in
      let id = try await contract.accept()
      #expect(try await contract.consume(id, reports: true).consumedAt != nil)
      let before = try await contract.find(id)
      let event = try await contract.claim(id, .event, from: .events)
      #expect(try await contract.store.outbox.finish(event, .sent))
      #expect(try await contract.events().isEmpty)
      let after = try await contract.find(id)
      #expect(after.sentAt == nil && after == before)
    },
    Rule("an event that failed is tried again under its id") { contract in
      let id = try await contract.mail()
      #expect(try await contract.consume(id, reports: true).consumedAt != nil)
      let event = try await contract.claim(id, .event, from: .events)
      #expect(try await contract.store.outbox.finish(event, .retry(seconds: 60)))
      try await contract.moveTime(.seconds(60))
      let second = try await contract.claim(id, .event, from: .events)
      #expect(second.id == event.id && second.failures == 1)
      #expect(second.ready?.event == .requestConsumed)
    },
    Rule("a consume is told once, with what it consumed") { contract in
      let id = try await contract.mail(try Ask(account: "42"))
      #expect(try await contract.consume(id, key: "k-1", reports: true).consumedAt != nil)
      let event = try await contract.claim(id, .event, from: .events)
      let ready = try #require(event.ready)
      #expect(ready.event == .requestConsumed && ready.cause == nil && ready.caller == "app")
      let details = try contract.vault.open(ready.sealed, kid: ready.kid, for: id)
      #expect(details.account?.id == "42")
      #expect(try await contract.consume(id, key: "k-1", reports: true).consumedAt != nil)
      #expect(try await contract.consume(id, reports: true).refusal != nil)
      #expect(try await contract.events().isEmpty)
    },
    Rule("a refused consume is not told, nor one whose caller wants no events") { contract in
      let expired = try await contract.mail(Ask("a@example.com"))
      try await contract.moveTime(.seconds(1800))
      #expect(try await contract.consume(expired, reports: true).refusal == .expired)
      let changed = try await contract.mail(try Ask("b@example.com", account: "42", version: "7"))
      #expect(
        try await contract.consume(changed, version: "8", reports: true).consumedAt == nil)
      #expect(try await contract.consume(changed, by: "other", reports: true).refusal == .invalid)
      #expect(try await contract.consume(changed, version: "7").consumedAt != nil)
      #expect(try await contract.events().isEmpty)
    },
    Rule("of fifty consumes of one token at once, one is told") { contract in
      let id = try await contract.mail()
      _ = try await contract.atOnce(50) { try await contract.consume(id, reports: true) }
      #expect(try await contract.events().map(\.requestID) == [id])
    },
    Rule("events of one request are messages of their own") { contract in
      let id = try await contract.mail()
      #expect(try await contract.consume(id, reports: true).consumedAt != nil)
      #expect(try await contract.store.completer.complete(id, for: "app", reports: true))
      let events = try await contract.events()
      #expect(Set(events.map(\.id)).count == 2)
      #expect(
        Set(events.compactMap(\.ready?.event)) == [.requestConsumed, .requestCompleted])
      #expect(events.allSatisfy { $0.attempt == 1 && $0.id != id })
    },
  ]

  private static let reportedEnds: @Sendable (StoreContract) async throws -> Void = { contract in
    let ends: [(AttemptOutcome, String?)] = [
      (.dead(cause: "rcpt_550"), "rcpt_550"), (.dropped(.suppressed), "suppressed"),
      (.dropped(.expired), "expired"), (.sent, nil),
    ]
    for (number, (outcome, cause)) in ends.enumerated() {
      let id = try await contract.accept(Ask("p\(number)@example.com"))
      let message = try await contract.claim(id)
      try await contract.moveTime(.seconds(1))
      #expect(try await contract.store.outbox.finish(message, outcome, report: .deliveryFailed))
      let events = try await contract.events()
      let event = try #require(events.first)
      #expect(events.count == 1 && event.requestID == id && event.kind == .event)
      #expect(event.queuedAt > message.claimedAt && event.queuedAt <= event.claimedAt)
      #expect(event.ready?.event == .deliveryFailed && event.ready?.cause == cause)
      #expect(event.ready?.caller == "app")
    }
  }
}
