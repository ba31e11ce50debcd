public import PasswordReset
import Postgres

/// A message that will not be tried again by itself, with what is known of its request.
public struct DeadLetter: Sendable {
  public let id: RequestID
  public let requestID: RequestID
  public let kind: MessageKind
  /// A short token such as `rcpt_550_5.1.1`.
  public let cause: String
  /// All attempts, of which some failed and some never ended.
  public let attempts: Int
  public let failures: Int
  public let lost: Int
  public let queuedAt: Timestamp
  public let deadAt: Timestamp
  /// What an event would tell, and why.
  public let event: EventType?
  public let eventCause: String?
  /// Nil where the request has been purged.
  public let request: Request?
  /// What a retry would do now.
  public let fate: Fate

  /// What a retry makes of a dead letter.
  public enum Fate: String, Sendable, CaseIterable {
    /// It is in the outbox again.
    case retried
    /// Its request is past the time after which links are given up.
    case tooOld = "too_old"
    /// Its request is consumed, revoked or gone.
    case notLive = "not_live"
    /// Its address gets no mail until it is released.
    case suppressed
  }

  public struct Request: Sendable {
    public let caller: String
    public let sealed: [UInt8]
    public let kid: KeyID
    public let createdAt: Timestamp
    public let expiresAt: Timestamp
    public let sentAt: Timestamp?
    public let consumedAt: Timestamp?
    public let revokedAt: Timestamp?
    public let revokeReason: String?
    public let droppedAt: Timestamp?
    public let dropReason: String?
    public let suppressedUntil: Timestamp?
  }
}

extension DeadLetter {
  init(_ row: Row) throws(PostgresError) {
    guard let kind = MessageKind(rawValue: try row.text("kind")),
      let fate = Fate(rawValue: try row.text("fate"))
    else { throw Row.unreadable }
    self.init(
      id: try row.requestID("id"), requestID: try row.requestID("request_id"), kind: kind,
      cause: try row.text("last_error"), attempts: try row.int("attempt"),
      failures: try row.int("failures"), lost: try row.int("lost"),
      queuedAt: try row.moment("queued_at"), deadAt: try row.moment("dead_at"),
      event: try row.optionalText("event").flatMap(EventType.init(rawValue:)),
      eventCause: try row.optionalText("cause"), request: try Request(row), fate: fate)
  }
}

extension DeadLetter.Request {
  /// Nil where there is none.
  fileprivate init?(_ row: Row) throws(PostgresError) {
    guard let caller = try row.optionalText("caller") else { return nil }
    self.init(
      caller: caller, sealed: try row.bytes("sealed"), kid: try row.keyID("kid"),
      createdAt: try row.moment("created_at"), expiresAt: try row.moment("expires_at"),
      sentAt: try row.optionalMoment("sent_at"), consumedAt: try row.optionalMoment("consumed_at"),
      revokedAt: try row.optionalMoment("revoked_at"),
      revokeReason: try row.optionalText("revoke_reason"),
      droppedAt: try row.optionalMoment("dropped_at"),
      dropReason: try row.optionalText("drop_reason"),
      suppressedUntil: try row.optionalMoment("suppressed_until"))
  }
}
