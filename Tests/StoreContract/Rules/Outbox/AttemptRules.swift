import PasswordReset
import Testing

extension StoreContract {
  static let attemptRules = [
    Rule("every failure is counted, and nothing else is") { contract in
      let id = try await contract.accept()
      for failures in 0..<3 {
        let message = try await contract.claim(id)
        #expect(message.failures == failures && message.lost == 0)
        #expect(try await contract.store.outbox.finish(message, .retry(seconds: 60)))
        try await contract.moveTime(.seconds(60))
      }
      #expect(try await contract.claim(id).failures == 3)
    },
    Rule("a released message counts neither as failed nor as lost, and its fence has moved") {
      contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      try await contract.moveTime(.seconds(1))
      #expect(try await contract.store.outbox.finish(message, .released(seconds: 0)))
      #expect(try await contract.describe(id).state == .accepted)
      let second = try await contract.claim(id)
      #expect(second.failures == 0 && second.lost == 0)
      #expect(second.attempt == message.attempt + 1)
      #expect(try await contract.store.outbox.finish(message, .sent) == false)
      #expect(try await contract.store.outbox.finish(second, .sent))
    },
    Rule("a released message is due exactly after its pause") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .released(seconds: 30)))
      try await contract.moveTime(.seconds(30) - .grain)
      #expect(try await contract.claimable() == [])
      try await contract.moveTime(.grain)
      #expect(try await contract.claimable(from: .mail) == [id])
    },
    Rule("an attempt ends once, however it ended") { contract in
      for (number, end) in [AttemptOutcome.released(seconds: 5), .retry(seconds: 5)].enumerated() {
        let id = try await contract.accept(Ask("p\(number)@example.com"))
        let message = try await contract.claim(id)
        #expect(try await contract.store.outbox.finish(message, end))
        for again in [end, .sent, .dead(cause: "rcpt_550"), .dropped(.suppressed)] {
          let isEnded = try await contract.store.outbox.finish(
            message, again, report: .deliveryFailed)
          #expect(!isEnded)
        }
        #expect(try await contract.describe(id).state == .accepted)
        #expect(try await contract.events().isEmpty)
        try await contract.moveTime(.seconds(5))
        #expect(try await contract.claim(id).failures == number)
      }
    },
    Rule("of many ends of one attempt at once, exactly one counts") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      let ends = try await contract.atOnce(20) {
        try await contract.store.outbox.finish(
          message, .retry(seconds: 5), report: .deliveryFailed)
      }
      #expect(ends.count { $0 } == 1)
      #expect(try await contract.events().count == 1)
      try await contract.moveTime(.seconds(5))
      #expect(try await contract.claim(id).failures == 1)
    },
    Rule("of a lost attempt and the one that took over, ending at once, the latter counts") {
      contract in
      let id = try await contract.accept()
      let stale = try await contract.claim(id)
      try await contract.moveTime(.seconds(90))
      let held = try await contract.claim(id, from: .suspects)
      let ends = try await withThrowingTaskGroup(of: (Bool, Bool).self) { group in
        for isHeld in [false, true, false, false] {
          group.addTask {
            let outcome = AttemptOutcome.dead(cause: isHeld ? "rcpt_550" : "lost")
            let message = isHeld ? held : stale
            return (isHeld, try await contract.store.outbox.finish(message, outcome))
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      for (isHeld, hasEnded) in ends { #expect(isHeld == hasEnded) }
      #expect(try await contract.describe(id).state == .failed)
    },
    Rule("renewing tells which leases are still held") { contract in
      let lost = try await contract.accept(Ask("a@example.com"))
      let stale = try await contract.claim(lost)
      try await contract.moveTime(.seconds(90))
      _ = try await contract.claim(lost, from: .suspects)
      let kept = try await contract.claim(try await contract.accept(Ask("b@example.com")))
      let over = try await contract.claim(try await contract.accept(Ask("c@example.com")))
      #expect(try await contract.store.outbox.finish(over, .sent))
      try await contract.moveTime(.seconds(89))
      #expect(try await contract.store.outbox.renew([stale, kept, over]) == [kept.id])
      try await contract.moveTime(.seconds(1))
      #expect(try await contract.claimable() == [lost])
    },
  ]
}
