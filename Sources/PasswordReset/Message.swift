/// What a message is for.
public enum MessageKind: String, Sendable {
  case link, changed
  case noAccount = "no_account"
  case event
}

/// A message that this worker holds a lease on. The attempt number is its fence.
public struct ClaimedMessage: Sendable {
  public let id: RequestID
  public let kind: MessageKind
  public let attempt: Int
  public let requestID: RequestID
  public let content: Content

  public enum Content: Sendable {
    case ready(Ready)
    /// Consumed, revoked, given up for age, or without its request: nothing is sent.
    case revoked, expired, orphan
  }

  public struct Ready: Sendable {
    public let sealed: [UInt8]
    public let kid: KeyID
    public let caller: String
    public let createdAt: Timestamp
    public let expiresAt: Timestamp

    public init(
      sealed: [UInt8], kid: KeyID, caller: String, createdAt: Timestamp, expiresAt: Timestamp
    ) {
      self.sealed = sealed
      self.kid = kid
      self.caller = caller
      self.createdAt = createdAt
      self.expiresAt = expiresAt
    }
  }

  public init(
    id: RequestID, kind: MessageKind, attempt: Int, requestID: RequestID, content: Content
  ) {
    self.id = id
    self.kind = kind
    self.attempt = attempt
    self.requestID = requestID
    self.content = content
  }
}

public enum DropReason: String, Sendable {
  case noAccount = "no_account"
  case suppressed, revoked, expired
}

/// How an attempt ended.
public enum AttemptOutcome: Sendable, Equatable {
  case sent
  case retry(after: WholeDuration, cause: String)
  case dead(cause: String)
  case dropped(DropReason)
  /// Interrupted, not tried: due again at once.
  case released
}

public protocol Outbox: Sendable {
  /// At most so many due messages, leased and counted.
  func claim(atMost limit: Int) async throws(ResetError) -> [ClaimedMessage]

  /// False where the lease was lost to a later attempt: nothing was changed.
  @discardableResult
  func finish(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome
  ) async throws(ResetError) -> Bool

  /// Extends the leases of messages in hand; one whose lease was lost is left alone.
  func renew(_ messages: [ClaimedMessage]) async throws(ResetError)

  /// Writes down whom the directory named, before the mail goes. False where the lease was lost or
  /// the request has been revoked meanwhile.
  func name(
    _ account: KeyedHash, sealed: Vault.Sealed, for message: ClaimedMessage
  ) async throws(ResetError) -> Bool
}

/// Who owns an address.
public protocol AccountDirectory: Sendable {
  /// Nil where there is no account that may reset its password.
  func account(
    for address: EmailAddress, caller: Caller
  ) async throws(DirectoryError) -> Account?
}

/// The directory could not answer: a transient fault with a short cause for the log.
public struct DirectoryError: Error, Sendable, Equatable {
  public let cause: String

  public init(cause: String) { self.cause = cause }
}

/// Everything a link mail says.
public struct LinkLetter: Sendable {
  public let messageID: RequestID
  public let to: EmailAddress
  public let from: Mailbox
  public let brand: String
  public let locale: LanguageTag?
  public let link: String
  public let createdAt: Timestamp
  public let lifetime: WholeDuration
  public let data: JSON?

  public init(
    messageID: RequestID, to: EmailAddress, from: Mailbox, brand: String, locale: LanguageTag?,
    link: String, createdAt: Timestamp, lifetime: WholeDuration, data: JSON?
  ) {
    self.messageID = messageID
    self.to = to
    self.from = from
    self.brand = brand
    self.locale = locale
    self.link = link
    self.createdAt = createdAt
    self.lifetime = lifetime
    self.data = data
  }
}

/// A complete RFC 5322 message with its envelope.
public struct RenderedMail: Sendable {
  public let from: EmailAddress
  public let to: EmailAddress
  /// CRLF line ends, no line over 998 octets.
  public let bytes: [UInt8]

  public init(from: EmailAddress, to: EmailAddress, bytes: [UInt8]) {
    self.from = from
    self.to = to
    self.bytes = bytes
  }
}

public protocol MessageComposer: Sendable {
  func compose(_ letter: LinkLetter) throws(CompositionError) -> RenderedMail
}

/// A template that cannot be rendered; the cause names the template, never its content.
public struct CompositionError: Error, Sendable, Equatable {
  public let cause: String

  public init(cause: String) { self.cause = cause }
}

/// What became of a message at a transport. Causes are short and hold no text from outside.
public enum DeliveryOutcome: Sendable, Equatable {
  case delivered
  case transient(cause: String)
  case permanent(cause: String)
  /// The other side may have taken it: no answer came after the last byte was sent.
  case uncertain(cause: String)
}

/// A way to hand a message over.
public protocol MailTransport: Sendable {
  func deliver(_ mail: RenderedMail) async -> DeliveryOutcome
}
