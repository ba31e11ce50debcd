internal import Synchronization

extension MailSink {
  /// One line of a script: at which point of a session the sink misbehaves, and how.
  public struct Rule: Sendable {
    public var stage: Stage
    public var behaviour: Behaviour
    /// Only for this recipient (ASCII case is ignored). At `rcpt` it is the one being named, at
    /// `data`, `body` and `message` any that was accepted; at earlier stages such a rule never
    /// matches, because no recipient is known yet.
    public var recipient: String?
    /// How often the rule acts; nil is always.
    public var times: Int?
    /// How many matches it lets pass before it acts first.
    public var skipping: Int
    /// At `message`: the mail counts as received before the behaviour. With `.drop` this is the
    /// server that took a mail but could not say so (RFC 5321 section 4.5.4.1: sent again).
    public var storing: Bool

    public init(
      at stage: Stage, for recipient: String? = nil, times: Int? = nil, skipping: Int = 0,
      storing: Bool = false, _ behaviour: Behaviour
    ) {
      self.stage = stage
      self.behaviour = behaviour
      self.recipient = recipient
      self.times = times
      self.skipping = skipping
      self.storing = storing
    }
  }

  /// The points of a session at which a rule can act, in the order of the session.
  public enum Stage: Sendable, CaseIterable {
    /// A connection was made; instead of the 220 greeting.
    case connect
    /// EHLO or HELO.
    case ehlo
    case mail
    case rcpt
    /// The DATA command; instead of 354.
    case data
    /// The first line of the message has come. A reply here is sent and the connection closed.
    case body
    /// The final dot has come; instead of 250.
    case message
  }

  public enum Behaviour: Sendable, Equatable {
    /// Answers this instead. A text of several lines (LF) makes a multiline reply.
    /// The code is 3 digits; 421 also closes the connection (RFC 5321 section 3.8).
    case reply(Int, String)
    /// Closes the connection without a word.
    case drop
    /// Says nothing more on this connection and keeps it open.
    case hang
    /// Waits, then goes on as if there were no rule.
    case delay(Duration)
  }

  /// Replaces the script. The first rule that matches acts; no rules is a server that works.
  public func script(_ rules: [Rule]) {
    state.withLock { $0.script = Script(rules: rules) }
  }
}

/// The rules with what is left of their counts. Shared by all connections of a sink.
struct Script: Sendable {
  var rules: [MailSink.Rule] = []

  /// The rule that acts now. Counts down what it touches.
  mutating func decide(at stage: MailSink.Stage, recipients: [String]) -> MailSink.Rule? {
    for index in rules.indices where rules[index].matches(stage, recipients) {
      if rules[index].skipping > 0 {
        rules[index].skipping -= 1
      } else {
        if let times = rules[index].times { rules[index].times = times - 1 }
        return rules[index]
      }
    }
    return nil
  }
}

extension MailSink.Rule {
  fileprivate func matches(_ stage: MailSink.Stage, _ recipients: [String]) -> Bool {
    guard stage == self.stage, times ?? 1 > 0 else { return false }
    guard let recipient else { return true }
    return recipients.contains { equalIgnoringASCIICase($0, recipient) }
  }
}
