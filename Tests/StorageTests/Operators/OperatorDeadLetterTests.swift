import PasswordReset
import Postgres
import Storage
import Testing

@Suite struct OperatorDeadLetterTests {
  @Test func `dead letters are listed newest first, page by page, with what is known of them`()
    async throws
  {
    try await TestDatabase.with { database in
      var seeded: [SeededLetter] = []
      for dead in 1...5 { seeded.append(try await database.letter(dead: dead * 100)) }
      try await database.seed(age: 60, state: .waiting)
      try await database.withDeadLetters { desk in
        for page in [1, 2, 5, 6] {
          let found = try await desk.all(page: page)
          #expect(found.map(\.id) == seeded.map(\.id), "pages of \(page)")
        }
        let letter = try #require(try await desk.all(limit: 1).first)
        #expect(letter.requestID == seeded[0].requestID && letter.kind == .link)
        #expect((letter.attempts, letter.failures, letter.lost) == (3, 2, 1))
        #expect(letter.cause == "rcpt_550" && letter.event == nil)
        #expect(letter.request?.caller == "app" && letter.request?.sentAt == nil)
      }
    }
  }

  @Test(arguments: [(0, 0), (1, 1), (4, 4), (5, 5), (6, 5)])
  func `no more are listed than were asked for`(limit: Int, count: Int) async throws {
    try await TestDatabase.with { database in
      try await database.letters(5)
      let found = try await database.withDeadLetters { try await $0.all(limit: limit, page: 2) }
      #expect(found.count == count)
    }
  }

  @Test func `a list ends when nobody looks any more`() async throws {
    try await TestDatabase.with { database in
      try await database.letters(5)
      var pages = 0
      try await database.withDeadLetters { desk in
        try await desk.list(DeadLetterChoice(), page: 2) { _ in
          pages += 1
          return false
        }
      }
      #expect(pages == 1)
    }
  }

  @Test(arguments: [
    ("rcpt_550", 2), ("rcpt_550_5.1.1", 1), ("rcpt_5", 3), ("rcpt_552", 1), ("550", 0),
    ("rcpt%", 0), ("rcpt_550_", 1), ("RCPT_550", 0), ("r", 3), ("data_451", 1),
  ])
  func `a cause is meant by its beginning`(cause: String, count: Int) async throws {
    try await TestDatabase.with { database in
      for cause in ["rcpt_550", "rcpt_550_5.1.1", "rcpt_552", "data_451"] {
        _ = try await database.letter(cause: cause)
      }
      let choice = DeadLetterChoice(cause: cause)
      try await database.withDeadLetters { desk throws in
        #expect(try await desk.all(choice).count == count)
        #expect(try await desk.count(choice) == count)
        #expect(try await desk.rehearse(choice).looked == count)
      }
    }
  }

  @Test func `an age is met to the microsecond, and divides the letters`() async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      let letter = try await database.letter(dead: 3600)
      let hour = WholeDuration(seconds: 3600)
      try await database.withDeadLetters { desk in
        #expect(try await desk.count(DeadLetterChoice(olderThan: hour)) == 1)
        #expect(try await desk.count(DeadLetterChoice(newerThan: hour)) == 0)
        try await database.query(
          "UPDATE rekey.outbox SET dead_at = dead_at + interval '1 microsecond' WHERE id = $1",
          [.uuid(letter.id.bytes)])
        #expect(try await desk.count(DeadLetterChoice(olderThan: hour)) == 0)
        #expect(try await desk.count(DeadLetterChoice(newerThan: hour)) == 1)
      }
    }
  }

  @Test func `a letter is found by its own id and by that of its request`() async throws {
    try await TestDatabase.with { database in
      let (one, _) = (try await database.letter(), try await database.letter())
      let event = try await database.letter(kind: .event)
      try await database.withDeadLetters { desk in
        #expect(try await desk.find(one.id).map(\.id) == [one.id])
        #expect(try await desk.find(one.requestID).map(\.id) == [one.id])
        let told = try #require(try await desk.find(event.id).first)
        #expect(told.event == .deliveryFailed && told.eventCause == "bounce")
        let waiting = try await database.seed(age: 60, state: .waiting)
        #expect(try await desk.find(try #require(RequestID(bytes: waiting))).isEmpty)
      }
    }
  }

  @Test func `a letter whose request was purged is shown as well`() async throws {
    try await TestDatabase.with { database in
      let letter = try await database.letter(kind: .event)
      try await database.script("DELETE FROM rekey.reset_request")
      try await database.withDeadLetters { desk in
        let found = try #require(try await desk.find(letter.id).first)
        #expect(found.request == nil && found.fate == .notLive)
      }
    }
  }

  @Test func `a summary counts by cause, the most frequent first, with their ages`() async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      for (cause, dead) in [("a", 10), ("b", 20), ("b", 30), ("b", 40), ("c", 50)] {
        _ = try await database.letter(cause: cause, dead: dead)
      }
      try await database.withDeadLetters { desk in
        let now = try await desk.now()
        let causes = try await desk.summary(DeadLetterChoice())
        #expect(causes.map(\.cause) == ["b", "a", "c"])
        #expect(causes.map(\.messages) == [3, 1, 1])
        #expect(causes[0].oldest == now.advanced(bySeconds: -40))
        #expect(causes[0].newest == now.advanced(bySeconds: -20))
        #expect(try await desk.summary(DeadLetterChoice(), limit: 2).count == 2)
      }
    }
  }

  @Test func `a schema that is not this one's is named`() async throws {
    try await TestDatabase.with(isMigrated: false) { database in
      try await database.withDeadLetters { desk in
        let problem = await #expect(throws: DatabaseProblem.self) {
          try await desk.find(try #require(RequestID(bytes: Array(repeating: 1, count: 16))))
        }
        #expect(problem?.description.contains("rekey migrate") == true)
      }
    }
  }
}
