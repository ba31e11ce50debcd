import PasswordReset
import Testing

extension StoreContract {
  static let queueRules = [
    Rule("a link waits in the queue of mails and in no other") { contract in
      let id = try await contract.accept()
      #expect(try await contract.claimable(from: .suspects, .events) == [])
      #expect(try await contract.claimable(from: .mail) == [id])
    },
    Rule("a lease that was never ended makes a suspect, and is counted") { contract in
      let id = try await contract.accept()
      #expect(try await contract.claim(id).lost == 0)
      try await contract.moveTime(.seconds(90) - .grain)
      #expect(try await contract.claimable(from: .suspects) == [])
      try await contract.moveTime(.grain)
      #expect(try await contract.claimable(from: .mail, .events) == [])
      let second = try await contract.claim(id, from: .suspects)
      #expect(second.lost == 1 && second.attempt == 2 && second.failures == 0)
      try await contract.moveTime(.seconds(90))
      #expect(try await contract.claim(id, from: .suspects).lost == 2)
    },
    Rule("a suspect whose attempt ends waits among the mails again, its losses kept") { contract in
      let id = try await contract.accept()
      _ = try await contract.claim(id)
      try await contract.moveTime(.seconds(90))
      let suspect = try await contract.claim(id, from: .suspects)
      #expect(try await contract.store.outbox.finish(suspect, .retry(seconds: 10)))
      try await contract.moveTime(.seconds(10))
      #expect(try await contract.claimable(from: .suspects) == [])
      let third = try await contract.claim(id)
      #expect(third.lost == 1 && third.failures == 1)
    },
    Rule("an event waits in its queue only, also when its attempt was lost") { contract in
      let id = try await contract.mail()
      #expect(try await contract.consume(id, reports: true).consumedAt != nil)
      #expect(try await contract.claimable(from: .mail, .suspects) == [])
      #expect(try await contract.claim(id, .event, from: .events).lost == 0)
      try await contract.moveTime(.seconds(90))
      #expect(try await contract.claimable(from: .mail, .suspects) == [])
      #expect(try await contract.claim(id, .event, from: .events).lost == 1)
    },
    Rule("a claim in one queue leaves the others alone") { contract in
      let used = try await contract.mail(Ask("a@example.com"))
      #expect(try await contract.consume(used, reports: true).consumedAt != nil)
      let lost = try await contract.accept(Ask("b@example.com"))
      _ = try await contract.claim(lost)
      try await contract.moveTime(.seconds(90))
      let waiting = try await contract.accept(Ask("c@example.com"))
      #expect(try await contract.claimable(from: .events) == [used])
      #expect(try await contract.claimable(from: .suspects) == [lost])
      #expect(try await contract.claimable(from: .mail) == [waiting])
    },
    Rule("of many who want a suspect at once, one gets it") { contract in
      let id = try await contract.accept()
      _ = try await contract.claim(id)
      try await contract.moveTime(.seconds(90))
      let claims = try await contract.atOnce(12) {
        try await contract.store.outbox.claim(atMost: 1, from: .suspects)
      }
      #expect(claims.flatMap { $0 }.map(\.attempt) == [2])
    },
    Rule("of many who want events at once, each is got by one") { contract in
      for number in 0..<10 {
        let id = try await contract.accept(Ask("p\(number)@example.com"))
        #expect(try await contract.consume(id, reports: true).consumedAt != nil)
      }
      let claims = try await contract.atOnce(12) {
        try await contract.store.outbox.claim(atMost: 2, from: .events)
      }
      let rest = try await contract.events()
      let ids = (claims.flatMap { $0 } + rest).map(\.id)
      #expect(ids.count == 10 && Set(ids).count == 10)
    },
  ]
}

extension AttemptOutcome {
  static func retry(seconds: Int64) -> AttemptOutcome {
    .retry(after: WholeDuration(seconds: seconds), cause: "data_451")
  }

  static func released(seconds: Int64) -> AttemptOutcome {
    .released(after: WholeDuration(seconds: seconds))
  }
}
