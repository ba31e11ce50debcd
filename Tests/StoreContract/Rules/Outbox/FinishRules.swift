import PasswordReset
import Testing

extension StoreContract {
  static let finishRules = [
    Rule("a sent message is gone, and its request says when") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      try await contract.moveTime(.seconds(3))
      #expect(try await contract.store.outbox.finish(message, .sent))
      let request = try await contract.find(id)
      #expect(request.sentAt == request.createdAt.advanced(bySeconds: 3))
      try await contract.moveTime(.seconds(86_400))
      #expect(try await contract.claimable() == [])
    },
    Rule("what has ended cannot be ended again") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .sent))
      #expect(try await contract.store.outbox.finish(message, .dead(cause: "rcpt_550")) == false)
      #expect(try await contract.describe(id).state == .sent)
    },
    Rule("a message to be tried again is due exactly after its pause") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      let retry = AttemptOutcome.retry(after: WholeDuration(seconds: 300), cause: "data_451")
      #expect(try await contract.store.outbox.finish(message, retry))
      try await contract.moveTime(.seconds(300) - .grain)
      #expect(try await contract.claimable() == [])
      try await contract.moveTime(.grain)
      #expect(try await contract.claim(id).attempt == 2)
    },
    Rule("a dead message is never claimed again") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .dead(cause: "rcpt_550")))
      #expect(try await contract.store.outbox.finish(message, .sent) == false)
      try await contract.moveTime(.seconds(86_400))
      #expect(try await contract.claimable() == [])
      #expect(try await contract.describe(id).state == .failed)
    },
    Rule("a dropped message is gone and its link was never sent") { contract in
      let id = try await contract.accept()
      let message = try await contract.claim(id)
      #expect(try await contract.store.outbox.finish(message, .dropped(.noAccount)))
      try await contract.moveTime(.seconds(86_400))
      #expect(try await contract.claimable() == [])
      #expect(try await contract.describe(id).sentAt == nil)
    },
    Rule("many attempts end at once, each in its own way") { contract in
      var ids: [RequestID] = []
      for number in 0..<8 { ids.append(try await contract.accept(Ask("p\(number)@example.com"))) }
      let messages = try await contract.store.outbox.claim(atMost: 64)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for message in messages {
          let isEven = ids.firstIndex(of: message.requestID).map { $0 % 2 == 0 } ?? false
          group.addTask {
            let outcome = isEven ? AttemptOutcome.sent : .dead(cause: "rcpt_550")
            let isHeld = try await contract.store.outbox.finish(message, outcome)
            #expect(isHeld)
          }
        }
        try await group.waitForAll()
      }
      for (number, id) in ids.enumerated() {
        let state = try await contract.describe(id).state
        #expect(state == (number % 2 == 0 ? .sent : .failed))
      }
    },
  ]
}
