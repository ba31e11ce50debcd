import PasswordReset
import Postgres

/// One attempt's end, waiting for its batch.
struct MessageEnd: Sendable {
  let message: ClaimedMessage
  let outcome: AttemptOutcome
  let report: EventType?
}

/// Writes ends of attempts down, many with one commit.
struct Finishing: Sendable {
  private let sessions: BatchSessions

  init(_ database: Database) {
    sessions = BatchSessions(database, [Queries.finishMessages], name: "pg-finishes")
  }

  /// For each whether its lease was still held; nil where somebody else holds a row of it locked, and
  /// nothing was written.
  func finish(
    _ batch: [MessageEnd], _ company: BatchCompany
  ) async throws(PostgresError) -> [Bool?] {
    let rows = try await sessions.execute(
      Queries.finishMessages,
      [
        .uuids(batch.map { $0.message.id.bytes }),
        .int4s(batch.map { Int32(clamping: $0.message.attempt) }),
        .texts(batch.map { $0.outcome.name }), .int4s(batch.map { $0.outcome.pause }),
        .texts(batch.map { $0.outcome.cause }), .texts(batch.map { $0.report?.rawValue }),
      ], company)
    var held: [Int: Bool] = [:]
    for row in rows { held[try row.int("n")] = try row.bool("is_busy") }
    return batch.indices.map { place in
      held[place + 1].map { isBusy in isBusy ? nil : true } ?? false
    }
  }
}

extension AttemptOutcome {
  fileprivate var name: String {
    switch self {
    case .sent: "sent"
    case .retry: "retry"
    case .uncertain: "uncertain"
    case .dead: "dead"
    case .dropped: "dropped"
    case .released: "released"
    }
  }

  fileprivate var pause: Int32 {
    switch self {
    case .retry(let after, _), .uncertain(let after, _), .released(let after):
      Int32(clamping: after.seconds)
    case .sent, .dead, .dropped: 0
    }
  }

  fileprivate var cause: String? {
    switch self {
    case .retry(_, let cause), .uncertain(_, let cause), .dead(let cause): cause
    case .dropped(let reason): reason.rawValue
    case .sent, .released: nil
    }
  }
}
