/// What became of a message at a transport. Causes are short (at most 100 octets of letters, digits,
/// `_` and `.`) and hold no text from outside.
public enum DeliveryOutcome: Sendable, Equatable {
  case delivered
  /// Not taken; the same message may be taken later or by another transport.
  /// - retryAfter: how long the other side asked to be left alone.
  case transient(cause: String, blame: Blame, retryAfter: WholeDuration? = nil)
  /// Not taken, and trying it again is useless.
  /// - isRecipient: the other side says that there is no such mailbox.
  case permanent(cause: String, isRecipient: Bool = false)
  /// The other side may have taken it: no answer came after the last byte was sent.
  case uncertain(cause: String)

  /// What a failure speaks of.
  public enum Blame: Sendable, Equatable {
    /// The way itself: other messages would fare no better.
    case transport
    /// This message or its recipient; others may pass.
    case message
  }
}
