public import PasswordReset
import Postgres

/// Writes requests down: while one commit is in flight, arriving drafts gather, and the next
/// statement takes them all (`sql/queries/record_requests.sql`).
public struct RequestWriter: RequestRecorder {
  private let batcher: Batcher<RequestDraft, RecordOutcome>
  private let database: Database

  /// - Parameters:
  ///   - lifetime: of a token; what a request starts with until its message is claimed.
  ///   - history: how many acceptance times are remembered; no less than any caller's limits need.
  ///   - onRecorded: called after each commit that accepted something.
  public init(
    _ database: Database, lifetime: WholeDuration, history: LimitHistory,
    onRecorded: @escaping @Sendable () -> Void
  ) {
    self.database = database
    let statement = RecordStatement(
      database: database,
      session: database.session(
        [Queries.recordRequests, Queries.readWaitingTimes], name: "pg-writer"),
      lifetime: lifetime, history: history, onRecorded: onRecorded)
    var rules = Batcher<RequestDraft, RecordOutcome>.Rules()
    rules.exclusions = { draft in
      [draft.limiterKey] + [draft.clientKey, draft.idempotency?.key].compactMap { $0 }
    }
    rules.belong = { $0.limits == $1.limits }
    batcher = Batcher(rules) { drafts throws(ResetError) in try await statement.record(drafts) }
  }

  public func record(_ draft: RequestDraft) async throws(ResetError) -> RecordOutcome {
    try database.requireServable()
    return try await batcher.submit(draft)
  }
}

/// One batch as one statement.
private struct RecordStatement: Sendable {
  let database: Database
  let session: Session
  let lifetime: WholeDuration
  let history: LimitHistory
  let onRecorded: @Sendable () -> Void

  func record(_ drafts: [RequestDraft]) async throws(ResetError) -> [RecordOutcome] {
    let parameters = parameters(drafts)
    let verdicts: [Verdict]
    do throws(PostgresError) {
      let rows = try await execute(parameters)
      if let row = rows.first { database.time.observe(try row.moment("now")) }
      verdicts = try rows.map { row throws(PostgresError) in try Verdict(row) }
    } catch { throw database.faults.report(error, in: "record") }
    guard verdicts.count == drafts.count else { throw .corrupt }
    if verdicts.contains(where: \.isAccepted) { onRecorded() }
    return await outcomes(of: drafts, verdicts)
  }

  /// A lost race for an Idempotency-Key or a deadlock with another replica is run again: by then the
  /// winner's row is to be seen.
  private func execute(_ parameters: [Parameter]) async throws(PostgresError) -> Rows {
    for _ in 0..<3 {
      do throws(PostgresError) {
        return try await session.execute(
          Queries.recordRequests, parameters, within: Database.callLimit)
      } catch {
        guard error.wantsAnotherTry else { throw error }
      }
    }
    return try await session.execute(Queries.recordRequests, parameters, within: Database.callLimit)
  }

  private enum Verdict {
    case decided(RecordOutcome)
    case limited(LimitKind)

    var isAccepted: Bool {
      if case .decided(.accepted) = self { true } else { false }
    }

    init(_ row: Row) throws(PostgresError) {
      switch try row.text("outcome") {
      case "accepted": self = .decided(.accepted(try row.requestID("request_id")))
      case "replayed": self = .decided(.replayed(try row.requestID("request_id")))
      case "conflict": self = .decided(.conflict)
      case "address_limited": self = .limited(.address)
      case "client_limited": self = .limited(.client)
      default: throw Row.unreadable
      }
    }
  }

  private func outcomes(
    of drafts: [RequestDraft], _ verdicts: [Verdict]
  ) async -> [RecordOutcome] {
    var outcomes: [RecordOutcome?] = verdicts.map { verdict in
      if case .decided(let outcome) = verdict { outcome } else { nil }
    }
    let limited = verdicts.indices.filter { outcomes[$0] == nil }
    var waits = [Int](repeating: 1, count: drafts.count)
    // Whatever refused it, it has to wait for both.
    for kind in [LimitKind.address, .client] {
      let places = limited.filter { kind == .address || drafts[$0].clientKey != nil }
      let times = await waitingTimes(places.map { drafts[$0] }, kind)
      for (place, seconds) in zip(places, times) { waits[place] = max(waits[place], seconds) }
    }
    for place in limited {
      if case .limited(let kind) = verdicts[place] {
        outcomes[place] = .limited(by: kind, retryAfter: waits[place])
      }
    }
    return outcomes.compactMap { $0 }
  }

  /// Seconds until there is room again; read on their own, because the refusing statement's snapshot
  /// may be older than what refused. All drafts of a batch have the same limits. The batch is
  /// committed by now, so without an answer everyone is told the least wait rather than a fault.
  private func waitingTimes(
    _ drafts: [RequestDraft], _ kind: LimitKind
  ) async -> [Int] {
    guard let first = drafts.first else { return [] }
    let limits = kind == .address ? first.limits.address : first.limits.client
    let keys = drafts.map { kind == .address ? $0.limiterKey : $0.clientKey ?? $0.limiterKey }
    do throws(PostgresError) {
      let rows = try await session.execute(
        Queries.readWaitingTimes,
        [.bytesArray(keys.map(\.bytes)), .counts(limits), .windows(limits)],
        within: Database.callLimit)
      return try rows.map { row throws(PostgresError) in max(1, try row.int("seconds")) }
    } catch {
      _ = database.faults.report(error, in: "waiting times")
      return drafts.map { _ in 1 }
    }
  }

  private func parameters(_ drafts: [RequestDraft]) -> [Parameter] {
    guard let limits = drafts.first?.limits else { return [] }
    return [
      .uuids(drafts.map { $0.id.bytes }),
      .bytesArray(drafts.map { $0.addressKey.bytes }),
      .bytesArray(drafts.map { $0.accountKey?.bytes }),
      .bytesArray(drafts.map { $0.sealed.bytes }),
      .bytesArray(drafts.map { $0.sealed.kid.bytes }),
      .texts(drafts.map { $0.caller }),
      .bytesArray(drafts.map { $0.limiterKey.bytes }),
      .bytesArray(drafts.map { $0.clientKey?.bytes }),
      .bytesArray(drafts.map { $0.idempotency?.key.bytes }),
      .bytesArray(drafts.map { $0.idempotency?.bodyHash.bytes }),
      .counts(limits.address), .windows(limits.address),
      .counts(limits.client), .windows(limits.client),
      .seconds(lifetime),
      .int4(history.address), .int4(history.client),
    ]
  }
}

extension Parameter {
  static func counts(_ limits: RateLimits) -> Parameter { .int4s(limits.limits.map(\.count)) }

  static func windows(_ limits: RateLimits) -> Parameter {
    .int4s(limits.limits.map { Int32(clamping: $0.window.seconds) })
  }

  static func seconds(_ duration: WholeDuration) -> Parameter {
    .int4(Int32(clamping: duration.seconds))
  }
}
