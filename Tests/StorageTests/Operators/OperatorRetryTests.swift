import Logging
import PasswordReset
import Postgres
import Storage
import Testing

@Suite struct OperatorRetryTests {
  @Test(arguments: [MessageKind.link, .noAccount, .changed, .event])
  func `what is brought back is due at once with a clean slate, but for its fence`(
    kind: MessageKind
  ) async throws {
    try await TestDatabase.with { database in
      let letter = try await database.letter(kind: kind)
      let retry = try await database.withDeadLetters { try await $0.retry(DeadLetterChoice()) }
      #expect(retry.counts == [.retried: 1] && retry.left.isEmpty)
      let row = try #require(try await database.outboxRow(letter.id))
      #expect(try row.optionalTimestamp("dead_at") == nil)
      #expect(try row.optionalTimestamp("leased_until") == nil)
      #expect(try (row.int("failures"), row.int("lost"), row.int("attempt")) == (0, 0, 3))
      #expect(try row.text("last_error") == "rcpt_550")
      #expect(try row.timestamp("run_at") <= row.timestamp("now"))
      let isAnew = try row.timestamp("queued_at") > row.timestamp("now") - 300_000_000
      #expect(isAnew == (kind == .changed || kind == .event))
    }
  }

  @Test func `what is brought back is claimed and would be sent`() async throws {
    try await TestDatabase.with { database in
      let link = try await database.letter()
      let working = Database(
        url: try database.url(.work), applicationName: "work", keepLive: 3, logger: .silent)
      _ = await DatabaseReadiness(working).check()
      let hours = WholeDuration(seconds: 7200)
      let outbox = StoredOutbox(
        working,
        settings: .init(
          lease: WholeDuration(seconds: 60), lifetime: hours,
          giveUpAfter: GiveUp(link: hours, event: hours)))
      #expect(try await outbox.claim(atMost: 5, from: .mail).isEmpty)
      _ = try await database.withDeadLetters { try await $0.retry(DeadLetterChoice()) }
      let claimed = try #require(try await outbox.claim(atMost: 5, from: .mail).first)
      #expect(claimed.id == link.id && claimed.attempt == 4)
      #expect((claimed.failures, claimed.lost) == (0, 0))
      guard case .ready = claimed.content else {
        Issue.record("\(claimed.content)")
        return
      }
    }
  }

  @Test(arguments: [MessageKind.link, .noAccount, .changed, .event])
  func `a link is too old to the microsecond, a notice and an event are not`(
    kind: MessageKind
  ) async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      let letter = try await database.letter(requestAge: 7200, kind: kind)
      let mayBeTooOld = kind == .link || kind == .noAccount
      try await database.withDeadLetters { desk in
        let fate = try await desk.find(letter.id).first?.fate
        #expect(fate == (mayBeTooOld ? .tooOld : .retried))
        guard mayBeTooOld else { return }
        let left = try await desk.retry(DeadLetterChoice())
        #expect(left.counts == [.tooOld: 1] && left.left.map(\.id) == [letter.id])
        #expect(try await database.outboxRow(letter.id)?.timestamp("dead_at") != nil)
        try await database.change(
          letter.requestID, "created_at = created_at + interval '1 microsecond'")
        #expect(try await desk.retry(DeadLetterChoice()).counts == [.retried: 1])
      }
    }
  }

  @Test(arguments: [false, true])
  func `a link whose request has ended stays dead, its event does not`(
    isRevoked: Bool
  ) async throws {
    try await TestDatabase.with { database in
      let (link, event) = (
        try await database.letter(), try await database.letter(kind: .event)
      )
      for letter in [link, event] {
        if isRevoked {
          try await database.query(
            """
            INSERT INTO rekey.account (key, revoked_before, revoke_reason)
            SELECT address_key, clock_timestamp(), 'invalidated' FROM rekey.reset_request WHERE id = $1
            ON CONFLICT DO NOTHING
            """, [.uuid(letter.requestID.bytes)])
        } else {
          try await database.change(letter.requestID, "consumed_at = created_at")
        }
      }
      let retry = try await database.withDeadLetters { try await $0.retry(DeadLetterChoice()) }
      #expect(retry.counts == [.retried: 1, .notLive: 1])
      #expect(retry.left.map(\.requestID) == [link.requestID])
    }
  }

  @Test func `nothing comes back without its request`() async throws {
    try await TestDatabase.with { database in
      for kind in [MessageKind.link, .noAccount, .changed, .event] {
        _ = try await database.letter(kind: kind)
      }
      try await database.script("DELETE FROM rekey.reset_request")
      let retry = try await database.withDeadLetters { try await $0.retry(DeadLetterChoice()) }
      #expect(retry.counts == [.notLive: 4])
    }
  }

  @Test func `a mail to a suppressed address stays dead until it is released, an event does not`()
    async throws
  {
    try await TestDatabase.with { database in
      try await database.stopTime()
      try await database.suppressSeeded(until: "clock_timestamp() + interval '1 microsecond'")
      let link = try await database.letter()
      _ = try await database.letter(kind: .event)
      try await database.withDeadLetters { desk in
        let retry = try await desk.retry(DeadLetterChoice())
        #expect(retry.counts == [.retried: 1, .suppressed: 1])
        #expect(retry.left.map(\.id) == [link.id])
        try await database.moveTime(by: .microseconds(1))
        #expect(try await desk.retry(DeadLetterChoice()).counts == [.retried: 1])
      }
    }
  }

  @Test(arguments: [(100, false), (101, true)])
  func `more than a hundred come due over a minute`(count: Int, isSpread: Bool) async throws {
    try await TestDatabase.with { database in
      try await database.letters(count)
      let retry = try await database.withDeadLetters { try await $0.retry(DeadLetterChoice()) }
      #expect(retry.retried == count)
      let late = try await database.number(
        "SELECT count(*) FROM rekey.outbox WHERE run_at > clock_timestamp()")
      #expect((late > 0) == isSpread)
      #expect(
        try await database.number(
          """
          SELECT count(*) FROM rekey.outbox
          WHERE run_at > clock_timestamp() + interval '60 seconds' OR dead_at IS NOT NULL
          """) == 0)
    }
  }

  @Test(arguments: [1, 2, 3, 7, 8])
  func `batches of any size meet every letter once`(batch: Int) async throws {
    try await TestDatabase.with { database in
      try await database.letters(6)
      let old = try await database.letter(requestAge: 8000)
      var progress: [Int] = []
      let retry = try await database.withDeadLetters { desk in
        try await desk.retry(DeadLetterChoice(), batch: batch) { progress.append($0) }
      }
      #expect(retry.counts == [.retried: 6, .tooOld: 1] && retry.left.map(\.id) == [old.id])
      #expect(progress.last == 7 && progress == progress.sorted())
    }
  }

  @Test func `of two who retry at once each letter comes back through one`() async throws {
    try await TestDatabase.with { database in
      try await database.letters(200)
      let retried = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          group.addTask {
            try await database.withDeadLetters {
              try await $0.retry(DeadLetterChoice(), batch: 10).retried
            }
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(retried == 200)
    }
  }

  @Test func `a rehearsal says what a retry would do and does nothing`() async throws {
    try await TestDatabase.with { database in
      try await database.letters(3)
      let old = try await database.letter(requestAge: 8000)
      try await database.withDeadLetters { desk in
        let rehearsed = try await desk.rehearse(DeadLetterChoice())
        #expect(rehearsed.counts == [.retried: 3, .tooOld: 1])
        #expect(rehearsed.left.map(\.id) == [old.id])
        #expect(try await desk.count(DeadLetterChoice()) == 4)
        #expect(try await desk.retry(DeadLetterChoice()).counts == rehearsed.counts)
      }
    }
  }

  @Test func `only those that are named come back, and those that were met are told`()
    async throws
  {
    try await TestDatabase.with { database in
      let (one, two) = (try await database.letter(), try await database.letter())
      let other = try await database.letter()
      let nobody = try #require(RequestID(bytes: Array(repeating: 7, count: 16)))
      let named = [one.id, two.requestID, nobody]
      let retry = try await database.withDeadLetters { desk in
        try await desk.retry(DeadLetterChoice(ids: named))
      }
      #expect(retry.retried == 2)
      #expect(named.map(retry.met.contains) == [true, true, false])
      #expect(try await database.outboxRow(other.id)?.timestamp("dead_at") != nil)
    }
  }
}
