public import PasswordReset
public import Postgres

/// Deletes what is past its time: requests with their dead letters, Idempotency-Keys after 24 hours,
/// limiter rows that no limit looks at, account rows that decide over nothing. Live requests and
/// messages still to be sent stay.
public struct Purger: Sendable {
  public struct Counts: Sendable, Equatable {
    public var requests = 0
    public var messages = 0
    public var idempotency = 0
    public var rateLimits = 0
    public var accounts = 0
    /// What could not be deleted because somebody else holds it locked: rows of a kind, and tables.
    public var lockedRows: [String: Int] = [:]
    public var lockedTables: [String] = []

    public var isComplete: Bool { lockedRows.isEmpty && lockedTables.isEmpty }

    fileprivate mutating func note(locked rows: Int, _ noun: String) {
      if rows > 0 { lockedRows[noun, default: 0] += rows }
    }
  }

  public struct Rules: Sendable {
    /// Age of a request, counted from `created_at`.
    public var olderThan: WholeDuration
    /// Of all configured limits.
    public var longestWindow: WholeDuration
    /// Requests that one transaction looks at.
    public var batch = 5000
    /// The part of the time that it works, in percent; in the rest it lets others.
    public var share = 50
    /// False only counts.
    public var deletes = true

    public init(olderThan: WholeDuration, longestWindow: WholeDuration) {
      self.olderThan = olderThan
      self.longestWindow = longestWindow
    }
  }

  /// Pages of 8 KiB that one transaction looks at, of the tables that lie in no order of age.
  private static let pages = 512

  private let session: Session
  private var rules: Rules

  public init(url: PostgresURL, isPooled: Bool = false, rules: Rules) {
    session = Session(
      PostgresSettings(
        url: url, applicationName: "rekey purge", statementTimeout: .seconds(600),
        isPooled: isPooled),
      name: "pg-purge")
    self.rules = rules
  }

  public func close() async { await session.close() }

  /// Goes through the tables in batches; each is a transaction, so an interrupted purge has done a part
  /// and can simply be run again. Nothing is waited for: a row that is locked stays, and a table that is
  /// locked is left out, until the next purge.
  /// - Parameter onProgress: told the counts after each batch.
  public func purge(
    onProgress: @Sendable (Counts) -> Void = { _ in }
  ) async throws(DatabaseProblem) -> Counts {
    var counts = Counts()
    do throws(PostgresError) {
      try await SchemaVersion.refuseFormer(session)
      let cutoff = try await cutoff()
      try await unlessLocked("requests", &counts) { counts throws(PostgresError) in
        try await purgeRequests(cutoff, &counts, onProgress)
      }
      for table in tables(cutoff) {
        try await unlessLocked(table.noun, &counts) { counts throws(PostgresError) in
          try await purgePages(of: table, &counts, onProgress)
        }
      }
    } catch { throw OperatorSession.problem(error) }
    if rules.deletes, !counts.lockedRows.isEmpty { counts.lockedRows = try await left() }
    return counts
  }

  /// What is still there of what should have gone: a row that another purge held locked has gone too.
  private func left() async throws(DatabaseProblem) -> [String: Int] {
    var looking = self
    looking.rules.deletes = false
    let counts = try await looking.purge()
    return [
      "requests": counts.requests, "dead letters": counts.messages,
      "idempotency keys": counts.idempotency, "limiter rows": counts.rateLimits,
      "account rows": counts.accounts,
    ].filter { $0.value > 0 }
  }

  private func purgeRequests(
    _ cutoff: Parameter, _ counts: inout Counts, _ onProgress: @Sendable (Counts) -> Void
  ) async throws(PostgresError) {
    var last = [UInt8](repeating: 0, count: 16)
    while true {
      let row = try await batch(
        Queries.purgeRequests,
        [
          .uuid(last), cutoff, .int4(Int32(clamping: rules.batch)), .bool(rules.deletes),
        ])
      counts.requests += try row.int("requests")
      counts.messages += try row.int("messages")
      counts.note(locked: try row.int("locked"), "requests")
      onProgress(counts)
      // Ids are in the order of making, so behind a page without an old row there is none.
      guard let next = try row.optionalUUID("last"), try row.int("old") > 0 else { return }
      last = next
    }
  }

  /// A table that lies in no order of age: its pages are gone through.
  private struct Table {
    let name: String
    let noun: String
    let statement: Statement
    var parameters: [Parameter] = []
    let count: @Sendable (inout Counts, Int) -> Void
  }

  private func tables(_ cutoff: Parameter) -> [Table] {
    [
      Table(name: "outbox", noun: "dead letters", statement: Queries.purgeDeadLetters) {
        $0.messages += $1
      },
      Table(name: "idempotency", noun: "idempotency keys", statement: Queries.purgeIdempotency) {
        $0.idempotency += $1
      },
      Table(
        name: "rate_limit", noun: "limiter rows", statement: Queries.purgeRateLimits,
        parameters: [.seconds(rules.longestWindow)]
      ) { $0.rateLimits += $1 },
      Table(
        name: "account", noun: "account rows", statement: Queries.purgeAccounts,
        parameters: [cutoff]
      ) { $0.accounts += $1 },
    ]
  }

  private func purgePages(
    of table: Table, _ counts: inout Counts, _ onProgress: @Sendable (Counts) -> Void
  ) async throws(PostgresError) {
    let total = try await session.execute(
      Queries.countPages, [.text(table.name)], within: .seconds(10)
    ).only().int("pages")
    for first in stride(from: 0, to: total, by: Self.pages) {
      let row = try await batch(
        table.statement,
        [
          .int4(Int32(clamping: first)), .int4(Int32(clamping: first + Self.pages)),
          .bool(rules.deletes),
        ] + table.parameters)
      table.count(&counts, try row.int("rows"))
      counts.note(locked: try row.int("locked"), table.noun)
      onProgress(counts)
    }
  }

  /// One transaction, and then the pause that it leaves to others.
  private func batch(
    _ statement: Statement, _ parameters: [Parameter]
  ) async throws(PostgresError) -> Row {
    let began = ContinuousClock.now
    let row = try await session.execute(statement, parameters, within: .seconds(600)).only()
    let share = min(max(rules.share, 1), 100)
    let pause = (ContinuousClock.now - began) * (100 - share) / share
    // The pause is the work's other half: the share of the time that was asked to be left to others.
    if rules.deletes { try? await Task.sleep(for: pause) }
    return row
  }

  private func unlessLocked(
    _ noun: String, _ counts: inout Counts,
    _ body: (inout Counts) async throws(PostgresError) -> Void
  ) async throws(PostgresError) {
    do throws(PostgresError) { try await body(&counts) } catch {
      guard error.sqlState == "55P03" else { throw error }
      counts.lockedTables.append(noun)
    }
  }

  /// Age counts from database time.
  private func cutoff() async throws(PostgresError) -> Parameter {
    let now = try await session.execute(Queries.readClock, within: .seconds(10)).only()
      .moment("now")
    return .timestamp(now.advanced(bySeconds: -rules.olderThan.seconds).microseconds)
  }
}
