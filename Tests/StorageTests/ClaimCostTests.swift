import PasswordReset
import Postgres
import Testing

/// Claims read what is due and nothing else, counted in pages: plans made while all was empty serve
/// as well as those made from fresh statistics.
@Suite(.serialized) struct ClaimCostTests {
  /// Waiting for another try, dead, held, and events that wait.
  private static let notDue = [
    "clock_timestamp() + interval '1 hour', 1, NULL, NULL, NULL, 'link', NULL",
    "clock_timestamp() - interval '1 hour', 1, NULL, clock_timestamp(), 'rcpt_550', 'link', NULL",
    "clock_timestamp() + interval '1 h', 1, clock_timestamp(), NULL, NULL, 'link', NULL",
    "clock_timestamp() + interval '1 hour', 1, NULL, NULL, NULL, 'event', 'request.consumed'",
  ]

  private static let due: [(OutboxQueue, String)] = [
    (.mail, "clock_timestamp(), 0, NULL, NULL, NULL, 'link', NULL"),
    (.suspects, "clock_timestamp(), 1, clock_timestamp(), NULL, NULL, 'link', NULL"),
    (.events, "clock_timestamp(), 0, NULL, NULL, NULL, 'event', 'request.consumed'"),
  ]

  @Test func `a claim in each queue reads only what is due in it`() async throws {
    try await TestDatabase.with { database in
      try await database.withClaims { session in
        for columns in Self.due.map(\.1) { try await database.fill(64, columns) }
        var before: [OutboxQueue: ClaimCost] = [:]
        for queue in OutboxQueue.allCases {
          before[queue] = try await ClaimCost(of: queue, atMost: 8, in: session)
        }
        for columns in Self.notDue { try await database.fill(25_000, columns) }
        for isAnalyzed in [false, true] {
          if isAnalyzed {
            try await database.script("ANALYZE rekey.outbox; ANALYZE rekey.reset_request")
          }
          // What looks for old ones looks at 64, however many wait.
          let expiry = try await ClaimCost(of: ClaimCost.expiry, in: session)
          #expect(expiry.pages <= 64 * 12, "\(expiry.pages) pages")
          for queue in OutboxQueue.allCases {
            let cost = try await ClaimCost(of: queue, atMost: 8, in: session)
            let alone = try #require(before[queue])
            #expect(cost.rows == 8 && alone.rows == 8)
            // Larger indexes are deeper; more than that is not read.
            #expect(cost.pages <= 2 * alone.pages, "\(queue): \(alone.pages), then \(cost.pages)")
          }
        }
        let nothing = try await emptyClaims(database, session)
        #expect(nothing.allSatisfy { $0 < 60 }, "\(nothing)")
      }
    }
  }

  /// The pages of a claim in each queue when nothing of it is due.
  private func emptyClaims(_ database: TestDatabase, _ session: Session) async throws -> [Int] {
    try await database.script(
      "DELETE FROM rekey.outbox WHERE run_at <= clock_timestamp() AND dead_at IS NULL")
    try await database.script("VACUUM rekey.outbox")
    var pages: [Int] = []
    for queue in OutboxQueue.allCases {
      let cost = try await ClaimCost(of: queue, atMost: 64, in: session)
      #expect(cost.rows == 0)
      pages.append(cost.pages)
    }
    return pages
  }

  @Test
  func `a message of two hundred thousand due ones costs what one of a hundred thousand does`()
    async throws
  {
    try await TestDatabase.with { database in
      try await database.withClaims { session in
        try await database.fill(100_000, Self.due[0].1)
        let few = try await ClaimCost(of: .mail, atMost: 64, in: session)
        try await database.fill(100_000, Self.due[0].1)
        let many = try await ClaimCost(of: .mail, atMost: 64, in: session)
        try await database.script("ANALYZE rekey.outbox; ANALYZE rekey.reset_request")
        let known = try await ClaimCost(of: .mail, atMost: 64, in: session)
        #expect(few.rows == 64 && many.rows == 64 && known.rows == 64)
        for cost in [many, known] {
          #expect(cost.pages * 10 <= few.pages * 12, "\(few.pages), then \(cost.pages) pages")
        }
      }
    }
  }
}
