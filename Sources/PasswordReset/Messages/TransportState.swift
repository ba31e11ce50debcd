/// How a transport fares, as one worker's circuit breaker sees it.
public struct TransportState: Sendable, Equatable {
  public enum State: String, Sendable {
    /// Messages go to it.
    case closed
    /// It has failed lately: messages go elsewhere or wait.
    case open
    /// One message at a time tries whether it is back.
    case halfOpen = "half_open"
  }

  /// `1-smtp`
  public let transport: String
  public let state: State
  /// What the last failure was.
  public let cause: String?
  /// How long it has been so.
  public let since: Duration

  public init(transport: String, state: State, cause: String?, since: Duration) {
    self.transport = transport
    self.state = state
    self.cause = cause
    self.since = since
  }
}
