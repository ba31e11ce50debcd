public import PasswordReset

/// Writes requests down: while one commit is in flight, arriving drafts gather, and the next
/// statement takes them all (`sql/queries/record_requests.sql`). What is known to be limited is
/// refused from memory.
public struct RequestWriter: RequestRecorder {
  private let batcher: Batcher<RequestDraft, RecordOutcome, KeyedHash>
  private let database: Database
  private let refusals: KnownRefusals

  /// - Parameters:
  ///   - lifetime: of a token; what a request starts with until its message is claimed.
  ///   - refusals: forgotten by whoever hears that limits were reset.
  ///   - onRecorded: called after each commit that accepted something.
  public init(
    _ database: Database, lifetime: WholeDuration, refusals: KnownRefusals,
    onRecorded: @escaping @Sendable () -> Void
  ) {
    self.database = database
    self.refusals = refusals
    let recording = Recording(
      database, lifetime: lifetime, refusals: refusals, onRecorded: onRecorded)
    var rules = Batcher<RequestDraft, RecordOutcome, KeyedHash>.Rules()
    rules.keys = { draft in
      [draft.limiterKey] + [draft.clientKey, draft.idempotency?.key].compactMap { $0 }
    }
    rules.belong = { $0.limits == $1.limits }
    rules.answer = { refusals.answer(to: $0) }
    batcher = Batcher(rules) { drafts, company throws(BatchFailure) in
      try await recording.record(drafts, company)
    }
  }

  public func record(_ draft: RequestDraft) async throws(ResetError) -> RecordOutcome {
    try database.requireServable()
    if let refusal = refusals.answer(to: draft) { return refusal }
    return try await batcher.submit(draft)
  }
}
