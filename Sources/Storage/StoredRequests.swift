public import PasswordReset
import Postgres

/// Reads requests for verdicts, many at a time, and describes single ones.
public struct StoredRequests: RequestReader {
  private let database: Database
  /// A row that cannot be read fails alone.
  private typealias Found = Result<StoredRequest?, ResetError>

  private let batcher: Batcher<RequestID, Found, RequestID>
  private let pool: Pool

  public init(_ database: Database) {
    self.database = database
    pool = database.pool([Queries.describeRequest], size: 1, name: "pg-status")
    let session = database.session([Queries.findRequests], name: "pg-reader")
    batcher = Batcher { ids, _ throws(BatchFailure) in
      do throws(PostgresError) {
        let rows = try await session.execute(
          Queries.findRequests, [.uuids(ids.map(\.bytes)), database.keepLiveParameter],
          within: Database.callLimit)
        var found: [RequestID: Found] = [:]
        for row in rows {
          let id = try row.requestID("id")
          do throws(PostgresError) { found[id] = .success(try StoredRequest(row)) } catch {
            found[id] = .failure(database.faults.report(error, in: "find"))
          }
        }
        return ids.map { found[$0] ?? .success(nil) }
      } catch {
        throw database.faults.failure(error, in: "find")
      }
    }
  }

  public func find(_ id: RequestID) async throws(ResetError) -> StoredRequest? {
    try database.requireServable()
    return try await batcher.submit(id).get()
  }

  public func describe(
    _ id: RequestID, for caller: String
  ) async throws(ResetError) -> RequestDescription? {
    try database.requireServable()
    do throws(PostgresError) {
      let rows = try await pool.execute(
        Queries.describeRequest,
        [.uuid(id.bytes), .text(caller), database.keepLiveParameter], within: Database.callLimit)
      return try rows.first.map { row throws(PostgresError) in try RequestDescription(row) }
    } catch { throw database.faults.report(error, in: "describe") }
  }
}

extension RequestDescription {
  fileprivate init(_ row: Row) throws(PostgresError) {
    let facts = try Facts(row)
    self.init(
      id: try row.requestID("id"), state: facts.state, reason: facts.reason,
      createdAt: try row.moment("created_at"), sentAt: facts.sentAt, expiresAt: facts.expiresAt,
      consumedAt: facts.consumedAt, revokedAt: facts.diedAt, failedAt: facts.failedAt,
      droppedAt: facts.droppedAt)
  }

  private struct Facts {
    let sentAt: Timestamp?
    let expiresAt: Timestamp
    let consumedAt: Timestamp?
    /// Revoked, or replaced by newer links, before its time was over.
    let diedAt: Timestamp?
    let mayHaveArrived: Bool
    let failedAt: Timestamp?
    let droppedAt: Timestamp?
    let leasedUntil: Timestamp?
    let revokeReason: String?
    let dropReason: String?
    let hasMessage: Bool
    let now: Timestamp

    init(_ row: Row) throws(PostgresError) {
      sentAt = try row.optionalMoment("sent_at")
      expiresAt = try row.moment("expires_at")
      consumedAt = try row.optionalMoment("consumed_at")
      let revokedAt = try row.optionalMoment("revoked_at")
      diedAt = [revokedAt, try row.optionalMoment("replaced_at")].compactMap { $0 }
        .first { [sentAt, expiresAt] in sentAt == nil || $0 < expiresAt }
      mayHaveArrived = try row.optionalMoment("maybe_arrived_at") != nil
      failedAt = try row.optionalMoment("dead_at")
      droppedAt = try row.optionalMoment("dropped_at")
      leasedUntil = try row.optionalMoment("leased_until")
      revokeReason = diedAt == revokedAt ? try row.optionalText("revoke_reason") : "replaced"
      dropReason = try row.optionalText("drop_reason")
      hasMessage = try row.optionalInt("attempt") != nil
      now = try row.moment("now")
    }

    /// States only move forward: what ended the token stands before what ended the message.
    var state: State {
      if consumedAt != nil { return .consumed }
      if diedAt != nil { return sentAt == nil ? .dropped : .revoked }
      if droppedAt != nil { return dropReason == DropReason.expired.rawValue ? .expired : .dropped }
      if failedAt != nil { return .failed }
      if mayHaveArrived, sentAt == nil, expiresAt <= now { return .expired }
      if hasMessage { return (leasedUntil.map { $0 > now } ?? false) ? .sending : .accepted }
      return expiresAt > now ? .sent : .expired
    }

    var reason: String? {
      switch state {
      case .dropped: dropReason ?? DropReason.revoked.rawValue
      case .revoked: revokeReason
      default: nil
      }
    }
  }
}
