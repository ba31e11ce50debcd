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
  private let database: Database
  private let session: Session
  private let keepLive: Int

  init(_ database: Database, keepLive: Int) {
    self.database = database
    self.keepLive = keepLive
    session = database.session(
      [Queries.finishMessages, Queries.replaceRequests], name: "pg-finishes")
  }

  /// For each whether its lease was still held.
  func finish(_ batch: [MessageEnd]) async throws(PostgresError) -> [Bool] {
    let rows = try await session.execute(
      Queries.finishMessages,
      [
        .uuids(batch.map { $0.message.id.bytes }),
        .int4s(batch.map { Int32(clamping: $0.message.attempt) }),
        .texts(batch.map { $0.outcome.name }), .int4s(batch.map { $0.outcome.pause }),
        .texts(batch.map { $0.outcome.cause }), .texts(batch.map { $0.report?.rawValue }),
      ], within: Database.callLimit)
    var sent: [[UInt8]] = []
    for row in rows {
      let (outcome, kind) = (try row.text("outcome"), try row.text("kind"))
      if outcome == "sent", kind == "link" { sent.append(try row.uuid("request_id")) }
    }
    if !sent.isEmpty { await replaceOlder(sent) }
    let held = Set(try rows.map { row throws(PostgresError) in try row.int("n") })
    return batch.indices.map { held.contains($0 + 1) }
  }

  /// Apart from the commit that marked the mails as sent: older links are locked here, which consumes
  /// lock in another order, and a failure must not make a sent mail go out again.
  private func replaceOlder(_ sent: [[UInt8]]) async {
    let oldest = (try? database.time.oldestAlive()) ?? .lowest(at: Timestamp(microseconds: 0))
    let parameters: [Parameter] = [
      .uuids(sent), .int4(Int32(clamping: keepLive)), .uuid(oldest.bytes),
    ]
    for _ in 0..<3 {
      do throws(PostgresError) {
        try await session.execute(
          Queries.replaceRequests, parameters, within: Database.callLimit)
        return
      } catch { _ = database.faults.report(error, in: "replace") }
    }
  }
}

extension AttemptOutcome {
  fileprivate var name: String {
    switch self {
    case .sent: "sent"
    case .retry: "retry"
    case .dead: "dead"
    case .dropped: "dropped"
    case .released: "released"
    }
  }

  fileprivate var pause: Int32 {
    switch self {
    case .retry(let after, _), .released(let after): Int32(clamping: after.seconds)
    case .sent, .dead, .dropped: 0
    }
  }

  fileprivate var cause: String? {
    switch self {
    case .retry(_, let cause), .dead(let cause): cause
    case .dropped(let reason): reason.rawValue
    case .sent, .released: nil
    }
  }
}
