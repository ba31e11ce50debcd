public import PasswordReset
public import Postgres

/// How the outbox and those who work on it stand at one moment.
public struct OutboxStatistics: Sendable {
  public let now: Timestamp
  public let pause: OutboxPause?
  /// By kind; a kind without messages is missing.
  public let messages: [MessageKind: Messages]
  /// How many addresses get no mail now.
  public let suppressions: Int
  /// The most frequent causes of dead letters.
  public let causes: [DeadLetters.CauseCount]
  /// Of workers that were seen lately.
  public let transports: [Transport]

  public struct Messages: Sendable, Equatable {
    public var due = 0
    /// For their time to come.
    public var waiting = 0
    public var leased = 0
    /// Leased by a worker that has gone; taken up again by itself.
    public var stuck = 0
    public var dead = 0
    public var oldestDue: Timestamp?

    public init() {}
  }

  public struct Transport: Sendable {
    public let worker: RequestID
    public let name: String
    public let state: String
    public let cause: String?
    public let changedAt: Timestamp
    public let seenAt: Timestamp
  }

  public var oldestDue: Timestamp? { messages.values.compactMap(\.oldestDue).min() }
}

extension OutboxStatistics {
  private static let causesShown = 5
  private static let lately = WholeDuration(seconds: 60)

  /// Reads all messages once.
  public static func read(
    url: PostgresURL, isPooled: Bool = false
  ) async throws(DatabaseProblem) -> OutboxStatistics {
    let session = OperatorSession(url: url, isPooled: isPooled, command: "outbox")
    do throws(DatabaseProblem) {
      let statistics = try await read(session)
      await session.close()
      return statistics
    } catch {
      await session.close()
      throw error
    }
  }

  private static func read(
    _ session: OperatorSession
  ) async throws(DatabaseProblem) -> OutboxStatistics {
    let state = try await session.read(Queries.describeOutbox) { rows throws(PostgresError) in
      try State(rows.only())
    }
    let messages = try await session.read(Queries.countMessages) { rows throws(PostgresError) in
      try counts(rows)
    }
    let causes = try await session.causes(DeadLetterChoice(), at: state.now, limit: causesShown)
    let transports = try await session.read(Queries.listTransports, [.seconds(lately)]) {
      rows throws(PostgresError) in
      try rows.map { row throws(PostgresError) in try Transport(row) }
    }
    return OutboxStatistics(
      now: state.now, pause: state.pause, messages: messages, suppressions: state.suppressions,
      causes: causes, transports: transports)
  }

  private struct State {
    let now: Timestamp
    let pause: OutboxPause?
    let suppressions: Int

    init(_ row: Row) throws(PostgresError) {
      now = try row.moment("now")
      suppressions = try row.int("suppressions")
      let reason = try row.optionalText("reason")
      pause = try row.optionalMoment("paused_at").map { OutboxPause(since: $0, reason: reason) }
    }
  }

  private static func counts(
    _ rows: Rows
  ) throws(PostgresError) -> [MessageKind: Messages] {
    var messages: [MessageKind: Messages] = [:]
    for row in rows {
      guard let kind = MessageKind(rawValue: try row.text("kind")) else { throw Row.unreadable }
      var counts = Messages()
      (counts.due, counts.waiting) = (try row.int("due"), try row.int("waiting"))
      (counts.leased, counts.stuck) = (try row.int("leased"), try row.int("stuck"))
      (counts.dead, counts.oldestDue) = (
        try row.int("dead"), try row.optionalMoment("oldest_due")
      )
      messages[kind] = counts
    }
    return messages
  }
}

extension OutboxStatistics.Transport {
  fileprivate init(_ row: Row) throws(PostgresError) {
    self.init(
      worker: try row.requestID("worker"), name: try row.text("transport"),
      state: try row.text("state"), cause: try row.optionalText("cause"),
      changedAt: try row.moment("changed_at"), seenAt: try row.moment("seen_at"))
  }
}
