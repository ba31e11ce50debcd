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

/// A mail in its parts: some transports take one RFC 5322 message, others take fields. The same
/// letter always gives the same mail, so one that is sent twice can be told to be one.
public struct RenderedMail: Sendable {
  /// Names the mail: in its Message-ID, and as the provider's idempotency key.
  public let messageID: RequestID
  /// Goes along as metadata, so that what a provider reports later finds its request.
  public let requestID: RequestID
  public let date: Timestamp
  public let from: Mailbox
  public let to: EmailAddress
  public let subject: String
  public let text: String
  public let html: String
  public let files: [MailFile]

  public init(
    messageID: RequestID, requestID: RequestID, date: Timestamp, from: Mailbox, to: EmailAddress,
    subject: String, text: String, html: String, files: [MailFile] = []
  ) {
    self.messageID = messageID
    self.requestID = requestID
    self.date = date
    self.from = from
    self.to = to
    self.subject = subject
    self.text = text
    self.html = html
    self.files = files
  }
}

/// A file that goes along with a mail. It stays on disk: transports read it piece by piece.
public struct MailFile: Sendable, Equatable {
  public let path: String
  /// What the reader sees; for an inline image also what `cid:` names.
  public let name: String
  /// `image/png`
  public let mediaType: String
  /// In bytes, when the mail was made; a file of another size by then breaks off the transfer.
  public let size: Int64
  /// Shown in the HTML part rather than beside it.
  public let isInline: Bool

  public init(path: String, name: String, mediaType: String, size: Int64, isInline: Bool) {
    self.path = path
    self.name = name
    self.mediaType = mediaType
    self.size = size
    self.isInline = isInline
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

/// A way to hand a mail over.
public protocol MailTransport: Sendable {
  /// - Parameters:
  ///   - lease: asked right before the mail itself goes out; where it is lost, nothing goes and the
  ///     outcome is `.transient` with the cause `lease_lost`.
  ///   - patience: how long each step may take before the mail itself has gone out. From then on
  ///     only the transport's own timeout counts: nobody can tell any more whether it arrived.
  func deliver(
    _ mail: RenderedMail, under lease: any Lease, patience: Duration
  ) async -> DeliveryOutcome
}

/// A worker's time-limited claim on a message, as the process that holds it can judge it.
public protocol Lease: Sendable {
  var isHeld: Bool { get }
}
