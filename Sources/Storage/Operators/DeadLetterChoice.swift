public import PasswordReset
import Postgres

/// Which dead letters are meant; what is left open excludes none.
public struct DeadLetterChoice: Sendable {
  /// Of messages or of their requests.
  public var ids: [RequestID]?
  /// A cause or the beginning of one: `rcpt_550` also means `rcpt_550_5.1.1`.
  public var cause: String?
  /// Dead for so long or longer.
  public var olderThan: WholeDuration?
  /// Dead for less than this.
  public var newerThan: WholeDuration?

  public init(
    ids: [RequestID]? = nil, cause: String? = nil, olderThan: WholeDuration? = nil,
    newerThan: WholeDuration? = nil
  ) {
    self.ids = ids
    self.cause = cause
    self.olderThan = olderThan
    self.newerThan = newerThan
  }

  /// `$1` to `$4` of the queries. The bounds are moments, so that what dies while a command runs is
  /// not met by it.
  func parameters(at now: Timestamp) -> [Parameter] {
    [
      ids.map { .uuids($0.map(\.bytes)) } ?? .null, cause.map { .text($0) } ?? .null,
      .timestamp(now.advanced(bySeconds: -(olderThan?.seconds ?? 0)).microseconds),
      newerThan.map { .timestamp(now.advanced(bySeconds: -$0.seconds).microseconds) } ?? .null,
    ]
  }
}

/// Where one batch of dead letters ended and the next begins.
struct DeadLetterPlace: Sendable {
  let deadAt: Timestamp
  let id: RequestID

  /// Two parameters; both null before the first batch.
  static func parameters(_ place: DeadLetterPlace?) -> [Parameter] {
    guard let place else { return [.null, .null] }
    return [.timestamp(place.deadAt.microseconds), .uuid(place.id.bytes)]
  }
}
