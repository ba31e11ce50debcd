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
  func parameters(at now: Timestamp) -> [Parameter] { parameters(bounds(at: now)) }

  func parameters(_ bounds: Bounds) -> [Parameter] {
    [
      ids.map { .uuids($0.map(\.bytes)) } ?? .null, cause.map { .text($0) } ?? .null,
      .timestamp(bounds.upper.microseconds), .timestamp(bounds.lower.microseconds),
    ]
  }

  func bounds(at now: Timestamp) -> Bounds {
    Bounds(
      upper: now.advanced(bySeconds: -(olderThan?.seconds ?? 0)),
      lower: newerThan.map { now.advanced(bySeconds: -$0.seconds) } ?? Timestamp(microseconds: 0))
  }

  /// Dead not later than `upper`, and later than `lower`. What was shown or done moves one of them.
  struct Bounds: Sendable {
    var upper: Timestamp
    var lower: Timestamp
    /// Of those that died at the bound that moves, which ones are still to come: at first all of
    /// `upper`, and none of `lower`.
    var id = [UInt8](repeating: 0xff, count: 16)
  }
}
