public import PasswordReset
public import Postgres

/// Since when nothing is claimed, and why.
public struct OutboxPause: Sendable, Equatable {
  public let since: Timestamp
  public let reason: String?
}

/// Pauses and resumes the sending of all workers. What is in flight goes on; what gets too old
/// meanwhile still expires.
public struct OutboxSwitch: Sendable {
  private let session: OperatorSession

  public init(url: PostgresURL, isPooled: Bool = false) {
    session = OperatorSession(url: url, isPooled: isPooled, command: "outbox")
  }

  public func close() async { await session.close() }

  /// - Parameter reason: up to 200 bytes; nil leaves a former one.
  /// - Returns: the pause, and whether it began now.
  public func pause(
    reason: String?
  ) async throws(DatabaseProblem) -> (pause: OutboxPause, isNew: Bool) {
    try await session.read(Queries.pauseOutbox, [reason.map { .text($0) } ?? .null]) {
      rows throws(PostgresError) in
      let row = try rows.only()
      let pause = OutboxPause(
        since: try row.moment("paused_at"), reason: try row.optionalText("reason"))
      return (pause, try row.bool("is_new"))
    }
  }

  /// Tells the workers.
  /// - Returns: the pause that ended, and when; nil if there was none.
  public func resume() async throws(DatabaseProblem) -> (pause: OutboxPause, at: Timestamp)? {
    let ended = try await session.read(Queries.resumeOutbox) { rows throws(PostgresError) in
      try rows.first.map { row throws(PostgresError) in
        let pause = OutboxPause(
          since: try row.moment("paused_at"), reason: try row.optionalText("reason"))
        return (pause: pause, at: try row.moment("now"))
      }
    }
    if ended != nil { await session.hintWorkers() }
    return ended
  }
}
