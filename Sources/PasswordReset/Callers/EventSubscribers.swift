/// Which callers want events: all or none, but for some.
public struct EventSubscribers: Sendable, Equatable {
  public let common: Bool
  /// The callers for which it is the other way round.
  public let exceptions: [String]

  public init(common: Bool, exceptions: [String]) {
    self.common = common
    self.exceptions = exceptions
  }
}
