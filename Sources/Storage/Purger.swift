public import PasswordReset
public import Postgres

/// Deletes what is past its time: requests with their dead letters, Idempotency-Keys after 24 hours,
/// limiter rows that no limit looks at. Live requests and messages still to be sent stay.
public struct Purger: Sendable {
  public struct Counts: Sendable, Equatable {
    public var requests = 0
    public var messages = 0
    public var idempotency = 0
    public var rateLimits = 0
  }

  private let session: Session
  private let olderThan: WholeDuration
  private let longestWindow: WholeDuration

  /// - Parameters:
  ///   - olderThan: age of a request, counted from `created_at`.
  ///   - longestWindow: of all configured limits.
  public init(
    url: PostgresURL, isPooled: Bool = false, olderThan: WholeDuration, longestWindow: WholeDuration
  ) {
    session = Session(
      PostgresSettings(
        url: url, applicationName: "rekey purge", statementTimeout: .seconds(600),
        isPooled: isPooled),
      name: "pg-purge")
    self.olderThan = olderThan
    self.longestWindow = longestWindow
  }

  public func close() async { await session.close() }

  /// What a purge would delete now.
  public func count() async throws(DatabaseProblem) -> Counts {
    try await guarded { session throws(PostgresError) in
      let row = try await session.execute(
        Queries.countPurgeable, [try await cutoff(session), .seconds(longestWindow)],
        within: .seconds(600)
      ).only()
      return Counts(
        requests: try row.int("requests"), messages: try row.int("messages"),
        idempotency: try row.int("idempotency"), rateLimits: try row.int("rate_limits"))
    }
  }

  /// Deletes in batches, whole days at once; each batch is a transaction, so an interrupted purge
  /// has done a part and can simply be run again.
  /// - Parameter onProgress: told the counts after each batch.
  public func purge(
    batch: Int, onProgress: @Sendable (Counts) -> Void
  ) async throws(DatabaseProblem) -> Counts {
    try await guarded { session throws(PostgresError) in
      var counts = Counts()
      let cutoff = try await cutoff(session)
      let size = Parameter.int4(Int32(clamping: batch))
      repeat {
        onProgress(counts)
        let rows = try await session.execute(
          Queries.purgeDeadLetters, [cutoff, size], within: .seconds(600))
        counts.messages += rows.affected
        if rows.affected == 0 { break }
      } while true
      if olderThan.seconds >= 86_400 {
        try await dropDays(cutoff, &counts, session, onProgress)
      }
      try await purgeRows(cutoff, size, &counts, session, onProgress)
      counts.idempotency = try await repeated(Queries.purgeIdempotency, [size], session)
      counts.rateLimits = try await repeated(
        Queries.purgeRateLimits, [.seconds(longestWindow), size], session)
      return counts
    }
  }

  /// A day for each transaction: nobody waits for more than one.
  private func dropDays(
    _ cutoff: Parameter, _ counts: inout Counts, _ session: Session,
    _ onProgress: @Sendable (Counts) -> Void
  ) async throws(PostgresError) {
    while let gone = try await session.execute(
      Queries.dropPartition, [cutoff], within: .seconds(600)
    ).only().optionalInt("requests") {
      counts.requests += gone
      onProgress(counts)
    }
  }

  private func purgeRows(
    _ cutoff: Parameter, _ size: Parameter, _ counts: inout Counts, _ session: Session,
    _ onProgress: @Sendable (Counts) -> Void
  ) async throws(PostgresError) {
    while true {
      onProgress(counts)
      let row = try await session.execute(
        Queries.purgeRequests, [cutoff, size], within: .seconds(600)
      ).only()
      let requests = try row.int("requests")
      counts.requests += requests
      counts.messages += try row.int("messages")
      if requests == 0 { return }
    }
  }

  private func repeated(
    _ statement: Statement, _ parameters: [Parameter], _ session: Session
  ) async throws(PostgresError) -> Int {
    var total = 0
    while true {
      let affected = try await session.execute(statement, parameters, within: .seconds(600))
        .affected
      total += affected
      if affected == 0 { return total }
    }
  }

  /// Age counts from database time.
  private func cutoff(_ session: Session) async throws(PostgresError) -> Parameter {
    let now = try await session.execute(Queries.readClock, within: .seconds(10)).only()
      .moment("now")
    return .timestamp(now.advanced(bySeconds: -olderThan.seconds).microseconds)
  }

  private func guarded<Value: Sendable>(
    _ body: (Session) async throws(PostgresError) -> Value
  ) async throws(DatabaseProblem) -> Value {
    do throws(PostgresError) { return try await body(session) } catch {
      throw DatabaseProblem(error)
    }
  }
}
