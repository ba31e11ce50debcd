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
