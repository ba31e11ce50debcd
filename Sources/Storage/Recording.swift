import PasswordReset
import Postgres

/// One batch as one statement, and a second one for what was refused.
struct Recording: Sendable {
  private let database: Database
  private let sessions: BatchSessions
  private let lifetime: WholeDuration
  private let refusals: KnownRefusals
  private let onRecorded: @Sendable () -> Void

  init(
    _ database: Database, lifetime: WholeDuration, refusals: KnownRefusals,
    onRecorded: @escaping @Sendable () -> Void
  ) {
    self.database = database
    sessions = BatchSessions(
      database, [Queries.recordRequests, Queries.readWaitingTimes], name: "pg-writer")
    self.lifetime = lifetime
    self.refusals = refusals
    self.onRecorded = onRecorded
  }

  func record(
    _ drafts: [RequestDraft], _ company: BatchCompany
  ) async throws(BatchFailure) -> [RecordOutcome] {
    let verdicts: [Verdict]
    do throws(PostgresError) {
      let rows = try await execute(parameters(drafts), company)
      if let row = rows.first { database.time.observe(try row.moment("now")) }
      verdicts = try rows.map { row throws(PostgresError) in try Verdict(row) }
    } catch { throw database.faults.failure(error, in: "record") }
    guard verdicts.count == drafts.count else {
      throw BatchFailure(error: .corrupt, fault: .common)
    }
    if verdicts.contains(where: \.isAccepted) { onRecorded() }
    let limited = zip(drafts, verdicts).compactMap { draft, verdict in
      if case .limited(let kind) = verdict { Limited(draft: draft, kind: kind) } else { nil }
    }
    var told = await outcomes(of: limited, company)[...]
    return verdicts.compactMap { verdict in
      if case .decided(let outcome) = verdict { outcome } else { told.popFirst() }
    }
  }

  /// A lost race for an Idempotency-Key or a deadlock with another replica is run again: by then the
  /// winner's row is to be seen.
  private func execute(
    _ parameters: [Parameter], _ company: BatchCompany
  ) async throws(PostgresError) -> Rows {
    for _ in 0..<3 {
      do throws(PostgresError) {
        return try await sessions.execute(Queries.recordRequests, parameters, company)
      } catch {
        guard error.wantsAnotherTry else { throw error }
      }
    }
    return try await sessions.execute(Queries.recordRequests, parameters, company)
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
    ]
  }
}

/// What a statement has refused.
private struct Limited: Sendable {
  let draft: RequestDraft
  let kind: LimitKind
}

/// What came of it, read on its own: the refusing statement's snapshot may be older than what refused.
extension Recording {
  /// All drafts of a batch have the same limits. The batch is committed by now, so without an answer
  /// everyone is told the least wait rather than a fault.
  private func outcomes(
    of limited: [Limited], _ company: BatchCompany
  ) async -> [RecordOutcome] {
    guard let limits = limited.first?.draft.limits else { return [] }
    let drafts = limited.map(\.draft)
    let (asked, resets) = (ContinuousClock.now, refusals.resets)
    do throws(PostgresError) {
      let rows = try await sessions.execute(
        Queries.readWaitingTimes,
        [
          .bytesArray(drafts.map { $0.limiterKey.bytes }),
          .bytesArray(drafts.map { $0.clientKey?.bytes }),
          .bytesArray(drafts.map { $0.idempotency?.key.bytes }),
          .bytesArray(drafts.map { $0.idempotency?.bodyHash.bytes }),
          .counts(limits.address), .windows(limits.address),
          .counts(limits.client), .windows(limits.client),
        ], company)
      let facts = try rows.map { row throws(PostgresError) in try Facts(row) }
      guard facts.count == limited.count else { throw Row.unreadable }
      return zip(limited, facts).map { limited, facts in
        learn(facts, of: limited.draft, asked, resets)
        return facts.outcome(limited.kind)
      }
    } catch {
      _ = database.faults.report(error, in: "waiting times")
      return limited.map { .limited(by: $0.kind, retryAfter: 1) }
    }
  }

  private func learn(
    _ facts: Facts, of draft: RequestDraft, _ asked: ContinuousClock.Instant, _ resets: Int
  ) {
    if facts.addressWait > 0 {
      refusals.learn(
        draft.limiterKey, draft.limits.address, wait: .microseconds(facts.addressWait),
        at: facts.now, asked: asked, resets: resets)
    }
    if let client = draft.clientKey, facts.clientWait > 0 {
      refusals.learn(
        client, draft.limits.client, wait: .microseconds(facts.clientWait), at: facts.now,
        asked: asked, resets: resets)
    }
  }

  /// How things stand for one draft after it was refused.
  private struct Facts {
    /// Microseconds until there is room; 0 where there is.
    let addressWait: Int
    let clientWait: Int
    /// Of its Idempotency-Key, which another replica may have accepted meanwhile.
    let known: RecordOutcome?
    let now: Timestamp

    init(_ row: Row) throws(PostgresError) {
      addressWait = try row.int("address_wait")
      clientWait = try row.int("client_wait")
      known =
        switch try row.optionalText("known") {
        case "replayed": .replayed(try row.requestID("request_id"))
        case "conflict": .conflict
        default: nil
        }
      now = try row.moment("now")
    }

    /// Whatever refused it, it has to wait for both.
    func outcome(_ kind: LimitKind) -> RecordOutcome {
      let seconds = (max(addressWait, clientWait) + 999_999) / 1_000_000
      return known ?? .limited(by: kind, retryAfter: max(1, seconds))
    }
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
