import PasswordReset
import Testing

extension StoreContract {
  static let giveUpRules = [
    Rule("a link's time counts from its request, however often it was tried") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      let pause = AttemptOutcome.retry(seconds: 7199)
      #expect(try await contract.store.outbox.finish(message, pause))
      try await contract.moveTime(.seconds(7199))
      let second = try await contract.claim(id)
      #expect(second.ready != nil && second.queuedAt == message.queuedAt)
      #expect(try await contract.store.outbox.finish(second, .retry(seconds: 1)))
      try await contract.moveTime(.seconds(1))
      #expect(try await contract.claim(id).isExpired)
    },
    Rule("each further try of a link moves its expiry") { contract in
      let id = try await contract.accept()
      for tried in 0..<3 {
        let message = try await contract.claim(id)
        let request = try await contract.find(id)
        #expect(request.expiresAt == message.claimedAt.advanced(bySeconds: 1800))
        #expect(request.createdAt.advanced(bySeconds: Int64(tried) * 2000) == message.claimedAt)
        #expect(try await contract.store.outbox.finish(message, .retry(seconds: 2000)))
        try await contract.moveTime(.seconds(2000))
      }
    },
    Rule("the mail that there is no account has its request's time") { contract in
      for (number, isOver) in [false, true].enumerated() {
        let email = "p\(number)@example.com"
        let id = try await contract.accept(Ask(email))
        try await contract.moveTime(.seconds(3600))
        let message = try await contract.claim(id)
        #expect(try await contract.sayNoAccount(message, to: email))
        try await contract.moveTime(.seconds(3600) - (isOver ? .zero : .grain))
        let second = try await contract.claim(id, .noAccount)
        #expect(second.isExpired == isOver && (second.ready == nil) == isOver)
        #expect(second.queuedAt == message.queuedAt)
      }
    },
    Rule("a notice is given up a day after it was queued") { contract in
      for isOver in [false, true] {
        let id = try await contract.mail()
        try await contract.moveTime(.seconds(1700))
        #expect(try await contract.store.completer.complete(id, for: "app", reports: false))
        try await contract.moveTime(.seconds(86_400) - (isOver ? .zero : .grain))
        let notice = try await contract.claim(id, .changed)
        #expect(notice.isExpired == isOver && (notice.ready == nil) == isOver)
        if isOver { #expect(notice.queuedAt == notice.claimedAt.advanced(bySeconds: -86_400)) }
      }
    },
    Rule("an event is given up three days after it was queued") { contract in
      for isOver in [false, true] {
        let id = try await contract.mail()
        try await contract.moveTime(.seconds(1700))
        #expect(try await contract.consume(id, reports: true).consumedAt != nil)
        try await contract.moveTime(.seconds(3 * 86_400) - (isOver ? .zero : .grain))
        let event = try await contract.claim(id, .event, from: .events)
        #expect(event.isExpired == isOver && (event.ready == nil) == isOver)
      }
    },
  ]
}
