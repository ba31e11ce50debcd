public import Formats

/// What a mail is about, for its templates.
public struct Letter: Sendable {
  public enum Subject: Sendable, Equatable {
    /// The link, and for how long it will live.
    case link(String, lifetime: WholeDuration)
    /// The password was changed.
    case changed
    /// Somebody typed this address, and there is no account behind it.
    case noAccount
  }

  public let subject: Subject
  public let messageID: RequestID
  public let requestID: RequestID
  public let to: EmailAddress
  public let from: Mailbox
  public let brand: String
  public let locale: LanguageTag?
  /// When the message was queued: the mail's date in every attempt.
  public let createdAt: Timestamp
  public let data: JSON?

  public init(
    subject: Subject, messageID: RequestID, requestID: RequestID, to: EmailAddress, from: Mailbox,
    brand: String, locale: LanguageTag?, createdAt: Timestamp, data: JSON?
  ) {
    self.subject = subject
    self.messageID = messageID
    self.requestID = requestID
    self.to = to
    self.from = from
    self.brand = brand
    self.locale = locale
    self.createdAt = createdAt
    self.data = data
  }
}

public protocol MessageComposer: Sendable {
  func compose(_ letter: Letter) throws(CompositionError) -> RenderedMail
}

/// A template that cannot be rendered; the cause names the template, never its content.
public struct CompositionError: Error, Sendable, Equatable {
  public let cause: String

  public init(cause: String) { self.cause = cause }
}
