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

/// After how long messages are given up.
public struct GiveUp: Sendable, Equatable {
  /// Counted from the request's making; the mail that says that there is no account has it too.
  public let link: WholeDuration
  public let event: WholeDuration

  /// That the password was changed is worth telling for a day.
  public var notice: WholeDuration { max(link, WholeDuration(seconds: 86_400)) }

  public init(link: WholeDuration, event: WholeDuration) {
    self.link = link
    self.event = event
  }
}

extension GiveUp {
  public func limit(for kind: MessageKind) -> WholeDuration {
    switch kind {
    case .link, .noAccount: link
    case .changed: notice
    case .event: event
    }
  }
}
