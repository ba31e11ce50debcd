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
