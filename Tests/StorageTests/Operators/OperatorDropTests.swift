import PasswordReset
import Postgres
import Storage
import Testing

@Suite struct OperatorDropTests {
  @Test func `a dropped link that was never sent leaves its request dismissed`() async throws {
    try await TestDatabase.with { database in
      let letter = try await database.letter()
      let drop = try await database.withDeadLetters { try await $0.drop(DeadLetterChoice()) }
      #expect(drop.dropped == 1)
      #expect(try await database.outboxRow(letter.id) == nil)
      let row = try await database.requestRow(letter.requestID)
      #expect(try row.text("drop_reason") == "dismissed")
    }
  }

  @Test(arguments: ["consumed_at = created_at", "sent_at = created_at"])
  func `a request that was sent or has ended keeps its end`(end: String) async throws {
    try await TestDatabase.with { database in
      let letter = try await database.letter()
      try await database.change(letter.requestID, end)
      let drop = try await database.withDeadLetters { try await $0.drop(DeadLetterChoice()) }
      #expect(drop.dropped == 1)
      #expect(try await database.requestRow(letter.requestID).optionalText("drop_reason") == nil)
    }
  }

  @Test func `the first reason for which a request was dropped stays`() async throws {
    try await TestDatabase.with { database in
      let letter = try await database.letter()
      try await database.change(
        letter.requestID, "dropped_at = created_at, drop_reason = 'no_account'")
      _ = try await database.withDeadLetters { try await $0.drop(DeadLetterChoice()) }
      #expect(
        try await database.requestRow(letter.requestID).text("drop_reason") == "no_account")
    }
  }

  @Test(arguments: [MessageKind.noAccount, .changed, .event])
  func `only links dismiss their request`(kind: MessageKind) async throws {
    try await TestDatabase.with { database in
      let letter = try await database.letter(kind: kind)
      let drop = try await database.withDeadLetters { try await $0.drop(DeadLetterChoice()) }
      #expect(drop.dropped == 1)
      #expect(
        try await database.requestRow(letter.requestID).optionalTimestamp("dropped_at") == nil)
    }
  }

  @Test(arguments: [1, 3, 7, 8])
  func `batches of any size drop all that is meant and nothing that lives`(
    batch: Int
  ) async throws {
    try await TestDatabase.with { database in
      try await database.letters(7)
      let other = try await database.letter(cause: "data_554")
      try await database.seed(age: 60, state: .waiting)
      try await database.withDeadLetters { desk in
        let drop = try await desk.drop(DeadLetterChoice(cause: "smtp_451"), batch: batch)
        #expect(drop.dropped == 7)
        #expect(try await desk.all().map(\.id) == [other.id])
      }
      #expect(try await database.number("SELECT count(*) FROM rekey.outbox") == 2)
      let dismissed = "SELECT count(*) FROM rekey.reset_request WHERE drop_reason = 'dismissed'"
      #expect(try await database.number(dismissed) == 7)
    }
  }

  @Test func `a letter in another's hands is passed over, and taken the next time`() async throws {
    try await TestDatabase.with { database in
      try await database.letters(3)
      let held = try await database.letter()
      try await database.holding(
        "SELECT FROM rekey.outbox WHERE id = '\(held.id)' FOR UPDATE"
      ) { _ in
        try await database.withDeadLetters { desk throws in
          #expect(try await desk.drop(DeadLetterChoice()).dropped == 3)
          #expect(try await desk.retry(DeadLetterChoice()).looked == 0)
        }
      }
      let drop = try await database.withDeadLetters { try await $0.drop(DeadLetterChoice()) }
      #expect(drop.dropped == 1)
    }
  }
}
