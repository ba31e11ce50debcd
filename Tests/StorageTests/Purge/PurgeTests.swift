import PasswordReset
import Postgres
@testable import Storage
import Testing

/// A purge takes what is past its time, and nothing else; what somebody holds locked it leaves and says.
@Suite struct PurgeTests {
  private static let days: Int64 = 86_400

  @Test(arguments: [1, 3, 7, 5000])
  func `what is past retention goes, in whatever batches, and a dry run counts the same`(
    batch: Int
  ) async throws {
    try await TestDatabase.with { database in
      for state in SeedState.allCases {
        for age in [40, 31, 29] as [Int64] {
          try await database.seed(age: Int(age * Self.days), state: state)
        }
      }
      let counted = try await database.purge(batch: batch, deletes: false)
      let all = SeedState.allCases.count * 3
      #expect(try await database.number("SELECT count(*) FROM rekey.reset_request") == all)
      // Of each of two ages what has expired, is consumed, dropped or dead; live and waiting ones stay.
      var wanted = Purger.Counts()
      (wanted.requests, wanted.messages, wanted.accounts) = (8, 2, 2)
      #expect(counted == wanted)
      #expect(counted.isComplete)
      #expect(try await database.purge(batch: batch) == counted)
      #expect(try await database.number("SELECT count(*) FROM rekey.reset_request") == all - 8)
      #expect(
        try await database.number("SELECT count(*) FROM rekey.outbox WHERE dead_at IS NULL") == 3)
      #expect(try await database.purge(batch: batch) == Purger.Counts())
    }
  }

  @Test func `a request stays while any message of it is still to be sent`() async throws {
    try await TestDatabase.with { database in
      for _ in 0..<3 { try await database.seed(age: 40 * 86_400, state: .consumed) }
      try await database.script(
        """
        INSERT INTO rekey.outbox (id, request_id, kind, event, run_at, attempt, dead_at, last_error)
        SELECT rekey.new_id(), r.id, CASE r.n WHEN 1 THEN 'changed' ELSE 'event' END,
          CASE WHEN r.n > 1 THEN 'request.consumed' END, clock_timestamp(), 1,
          CASE WHEN r.n = 3 THEN clock_timestamp() END, CASE WHEN r.n = 3 THEN 'http_500' END
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM rekey.reset_request) r
        """)
      let counted = try await database.purge(deletes: false)
      #expect((counted.requests, counted.messages) == (1, 1))
      #expect(try await database.purge() == counted)
      #expect(try await database.number("SELECT count(*) FROM rekey.outbox") == 2)
    }
  }

  @Test func `dead letters whose request is gone go, and what is still to be sent does not`()
    async throws
  {
    try await TestDatabase.with { database in
      try await database.seed(age: 60, state: .dead)
      try await database.script(
        """
        INSERT INTO rekey.outbox (id, request_id, kind, run_at, attempt, dead_at, last_error)
        SELECT r.id, r.id, 'link', clock_timestamp(), 1, r.dead_at, 'rcpt_550'
        FROM (SELECT rekey.new_id() AS id, CASE WHEN n < 5 THEN clock_timestamp() END AS dead_at
              FROM generate_series(0, 5) n) r
        """)
      let counted = try await database.purge(deletes: false)
      #expect(counted.messages == 5 && counted.requests == 0)
      try await database.holding(
        "SELECT FROM rekey.outbox WHERE dead_at IS NOT NULL ORDER BY id DESC LIMIT 2 FOR UPDATE"
      ) {
        let purged = try await database.purge()
        #expect(purged.messages == 3 && purged.lockedRows == ["dead letters": 2])
      }
      #expect(try await database.purge().messages == 2)
      #expect(try await database.number("SELECT count(*) FROM rekey.outbox") == 2)
    }
  }

  @Test func `age counts from created_at, to the microsecond`() async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      for offset in [1, 0, -1] {
        try await database.script(
          """
          INSERT INTO rekey.reset_request (id, address_key, sealed, kid, caller, created_at, sent_at, expires_at)
          SELECT \(TestDatabase.id(at: "at")), decode(md5('a'), 'hex'), '', '\\x01020304', 'c\(offset)', at, at,
            at + interval '30 min'
          FROM (SELECT now - interval '30 days' + \(offset) * interval '1 us' AS at FROM test_clock.clock) c
          """)
      }
      #expect(try await database.purge().requests == 1)
      let left = try await database.query("SELECT caller FROM rekey.reset_request ORDER BY caller")
      #expect(try left.map { try $0.text("caller") } == ["c0", "c1"])
    }
  }

  @Test func `account rows go when they decide over nothing any more`() async throws {
    try await TestDatabase.with { database in
      try await database.script(
        """
        INSERT INTO rekey.account (key, revoked_before, revoke_reason, mailed)
        SELECT decode(md5(n), 'hex'), clock_timestamp() - revoked * interval '1 h',
          CASE WHEN revoked IS NOT NULL THEN 'invalidated' END,
          CASE WHEN mailed IS NOT NULL THEN ARRAY[clock_timestamp() - mailed * interval '1 h'] END
        FROM (VALUES ('revoked lately', 48, NULL), ('mailed lately', NULL, 48), ('both', 50, 48),
          ('revoked', 50, NULL), ('mailed', NULL, 50), ('long ago', 900, 900), ('nothing', NULL, NULL))
          v(n, revoked, mailed)
        """)
      #expect(try await database.purge(olderThan: 1, deletes: false).accounts == 4)
      // What has decided tells why for as long as its requests are kept.
      #expect(try await database.purge(olderThan: 30 * Self.days).accounts == 2)
      #expect(try await database.purge(olderThan: 1).accounts == 2)
      for kept in ["revoked lately", "mailed lately", "both"] {
        let rows = "SELECT count(*) FROM rekey.account WHERE key = decode(md5('\(kept)'), 'hex')"
        #expect(try await database.number(rows) == 1, "\(kept)")
      }
    }
  }

  @Test func `idempotency keys go after a day, and limiter rows that no limit looks at`()
    async throws
  {
    try await TestDatabase.with { database in
      for age in ["24 h 1 s", "23 h 59 min"] {
        try await database.script(
          """
          INSERT INTO rekey.idempotency VALUES (decode(md5('\(age)'), 'hex'), decode(md5('b'), 'hex'),
            rekey.new_id(), clock_timestamp() - interval '\(age)');
          INSERT INTO rekey.rate_limit VALUES (decode(md5('\(age)'), 'hex'),
            ARRAY[clock_timestamp() - interval '\(age)', clock_timestamp() - interval '9 days'])
          """)
      }
      var wanted = Purger.Counts()
      (wanted.idempotency, wanted.rateLimits) = (1, 1)
      #expect(try await database.purge(deletes: false) == wanted)
      #expect(try await database.purge() == wanted)
      #expect(try await database.purge() == Purger.Counts())
    }
  }
}

extension TestDatabase {
  /// As `rekey purge` does it, without pauses; limits look back for a day.
  func purge(
    olderThan seconds: Int64 = 30 * 86_400, batch: Int = 5000, deletes: Bool = true
  ) async throws -> Purger.Counts {
    var rules = Purger.Rules(
      olderThan: WholeDuration(seconds: seconds), longestWindow: WholeDuration(seconds: 86_400))
    (rules.batch, rules.deletes, rules.share) = (batch, deletes, 100)
    let purger = Purger(url: try url(.ops), rules: rules)
    do {
      let counts = try await purger.purge()
      await purger.close()
      return counts
    } catch {
      await purger.close()
      throw error
    }
  }
}
