/// A fixed number of sessions, lent one call at a time. Connections are made at first use and kept.
///
/// When all are lent, callers queue in order of arrival; a full queue throws `busy` at once, a
/// deadline in the queue throws `deadline`, a cancelled task leaves it with `cancelled`.
public final class Pool: Sendable {
  private let sessions: [Session]
  private let queue: PoolQueue

  /// - Parameters:
  ///   - size: connections, at least 1.
  ///   - maxWaiting: callers that may queue; 0 means that nobody waits.
  public init(
    _ settings: PostgresSettings, statements: [Statement] = [], size: Int, maxWaiting: Int,
    name: String = "postgres"
  ) {
    sessions = (0..<max(size, 1)).map { number in
      Session(settings, statements: statements, name: "\(name)-\(number)")
    }
    queue = PoolQueue(sessions: sessions.reversed(), maxWaiting: max(maxWaiting, 0))
  }

  /// Callers in the queue right now.
  public var waiting: Int { queue.waiting }

  /// Makes all connections now.
  /// - Throws: the first error; the other sessions connect at their first use.
  public func connect(within limit: Duration) async throws(PostgresError) {
    let deadline = Deadline(after: limit)
    let failure = await withTaskGroup(of: PostgresError?.self) { group in
      for session in sessions {
        group.addTask {
          do throws(PostgresError) {
            try await session.connect(until: deadline)
            return nil
          } catch {
            return error
          }
        }
      }
      return await group.reduce(nil) { $0 ?? $1 }
    }
    if let failure { throw failure }
  }

  /// As `Session.run`.
  @discardableResult
  public nonisolated(nonsending) func run<Value: Sendable>(
    within limit: Duration,
    _ body: @Sendable (inout Autocommit) throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    let deadline = Deadline(after: limit)
    let session = try await queue.take(until: deadline)
    defer { queue.give(back: session) }
    return try await session.run(until: deadline, body)
  }

  /// As `Session.transaction`.
  @discardableResult
  public nonisolated(nonsending) func transaction<Value: Sendable>(
    within limit: Duration,
    _ body: @Sendable (inout Transaction) throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    let deadline = Deadline(after: limit)
    let session = try await queue.take(until: deadline)
    defer { queue.give(back: session) }
    return try await session.transaction(until: deadline, body)
  }

  /// As `Session.execute`.
  @discardableResult
  public nonisolated(nonsending) func execute(
    _ statement: Statement, _ parameters: [Parameter] = [], within limit: Duration
  ) async throws(PostgresError) -> Rows {
    try await run(within: limit) { connection throws(PostgresError) in
      try connection.execute(statement, parameters)
    }
  }

  /// Sends all waiting callers away with `closed` and disconnects after the calls that run.
  public func close() async {
    queue.close()
    for session in sessions { await session.close() }
  }
}
