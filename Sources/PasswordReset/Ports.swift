/// Database time: the last `clock_timestamp()` seen plus monotonic time since.
public protocol DatabaseClock: Sendable {
  /// `.unavailable` until the database has been seen once.
  func now() throws(ResetError) -> Timestamp
}

/// Writes requests down, within the limits, together with their messages.
public protocol RequestRecorder: Sendable {
  /// Durable when it returns.
  func record(_ draft: RequestDraft) async throws(ResetError) -> RecordOutcome
}

public protocol RequestReader: Sendable {
  func find(_ id: RequestID) async throws(ResetError) -> StoredRequest?

  /// Nil for another caller's request as for one that never was.
  func describe(
    _ id: RequestID, for caller: String
  ) async throws(ResetError) -> RequestDescription?
}

public enum ConsumeOutcome: Sendable {
  case missing
  /// The judge decided against consuming.
  case decided(ConsumeToken.Answer)
  case consumed(StoredRequest, at: Timestamp)
}

public protocol TokenConsumer: Sendable {
  /// Locks the request and its siblings, asks the judge, and where it lets the token go on consumes
  /// it and revokes the siblings; all in one transaction that is durable when this returns.
  /// - Parameter reports: whether the consume queues an event.
  func consume(
    _ id: RequestID, key: KeyedHash?, reports: Bool,
    judge: @escaping @Sendable (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement
  ) async throws(ResetError) -> ConsumeOutcome
}

public protocol TokenRevoker: Sendable {
  /// Returns how many live tokens died.
  func revoke(_ revocation: Revocation) async throws(ResetError) -> Int
}

/// One condition of being ready.
public struct ReadinessCheck: Sendable, Equatable {
  public let name: String
  /// Nil if it holds; else a short sentence without names of hosts or keys.
  public let problem: String?
  public let detail: String

  public init(name: String, problem: String?, detail: String = "ok") {
    self.name = name
    self.problem = problem
    self.detail = detail
  }
}

public protocol Readiness: Sendable {
  func check() async -> [ReadinessCheck]
}
