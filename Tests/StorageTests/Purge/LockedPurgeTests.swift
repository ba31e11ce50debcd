import Postgres
@testable import Storage
import Testing

/// A purge waits for nobody for long.
@Suite struct LockedPurgeTests {
  /// Something old in each table.
  private static func fill(_ database: TestDatabase) async throws {
    for _ in 0..<3 { try await database.seed(age: 40 * 86_400, state: .expired) }
    try await database.seed(age: 39 * 86_400, state: .dead)
    try await database.script(
      """
      INSERT INTO rekey.outbox (id, request_id, kind, run_at, attempt, dead_at, last_error)
      SELECT id, id, 'link', at, 1, at, 'rcpt_550'
      FROM (SELECT rekey.new_id() AS id, clock_timestamp() AS at) gone;
      INSERT INTO rekey.account (key) VALUES (decode(md5('a'), 'hex'));
      INSERT INTO rekey.rate_limit VALUES (decode(md5('a'), 'hex'), '{2001-01-01}');
      INSERT INTO rekey.idempotency
        VALUES (decode(md5('a'), 'hex'), decode(md5('b'), 'hex'), rekey.new_id(), '2001-01-01')
      """)
  }

  private static let all: Purger.Counts = {
    var counts = Purger.Counts()
    (counts.requests, counts.messages) = (4, 2)
    (counts.idempotency, counts.rateLimits, counts.accounts) = (1, 1, 1)
    return counts
  }()

  @Test func `a locked request is left and counted, the others go`() async throws {
    try await TestDatabase.with { database in
      try await Self.fill(database)
      var wanted = Self.all
      (wanted.requests, wanted.lockedRows) = (3, ["requests": 1])
      let lock = "SELECT FROM rekey.reset_request ORDER BY id LIMIT 1 FOR UPDATE"
      try await database.holding(lock) {
        let purged = try await database.purge()
        #expect(purged == wanted && !purged.isComplete)
      }
      #expect(try await database.purge().requests == 1)
    }
  }

  @Test(arguments: [
    ("reset_request", ["requests", "dead letters"]), ("outbox", ["requests", "dead letters"]),
    ("account", ["account rows"]), ("rate_limit", ["limiter rows"]),
    ("idempotency", ["idempotency keys"]),
  ])
  func `a locked table is left and told, and the others are purged`(
    table: String, left: [String]
  ) async throws {
    try await TestDatabase.with { database in
      try await Self.fill(database)
      let lock = "LOCK TABLE rekey.\(table) IN ACCESS EXCLUSIVE MODE"
      let first = try await database.holding(lock) {
        let purged = try await database.purge()
        #expect(purged.lockedTables == left && !purged.isComplete)
        return purged
      }
      let rest = try await database.purge()
      #expect(rest.isComplete)
      let (done, wanted) = (first + rest, Self.all)
      #expect(done == wanted)
      #expect(first != wanted && rest != wanted)
    }
  }

  @Test(arguments: [
    ("account", "account rows"), ("rate_limit", "limiter rows"),
    ("idempotency", "idempotency keys"),
  ])
  func `a locked row stays for the next purge, and is told`(
    table: String, noun: String
  ) async throws {
    try await TestDatabase.with { database in
      try await Self.fill(database)
      let first = try await database.holding("SELECT FROM rekey.\(table) FOR UPDATE") {
        try await database.purge()
      }
      #expect(first.lockedRows == [noun: 1] && !first.isComplete)
      #expect(try await database.number("SELECT count(*) FROM rekey.\(table)") == 1)
      #expect(first + (try await database.purge()) == Self.all)
    }
  }
}

extension Purger.Counts {
  /// What was deleted.
  fileprivate static func + (first: Self, second: Self) -> Self {
    var sum = Self()
    sum.requests = first.requests + second.requests
    sum.messages = first.messages + second.messages
    sum.idempotency = first.idempotency + second.idempotency
    sum.rateLimits = first.rateLimits + second.rateLimits
    sum.accounts = first.accounts + second.accounts
    return sum
  }
}
