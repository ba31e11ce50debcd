/// Where the mailbox page finds its mails.
public protocol MailboxSource: Sendable {
  /// All mails, newest last.
  func list() async -> [MailboxMail]
  func mail(_ id: Int) async -> MailboxMail?
}

/// A mail as the page shows it.
public struct MailboxMail: Sendable, Identifiable, CustomStringConvertible {
  public var id: Int
  /// For display, decoded.
  public var from: String
  /// The recipients of the envelope.
  public var to: [String]
  public var subject: String
  /// Milliseconds since 1970.
  public var receivedAt: Int64
  public var text: String?
  public var html: String?
  /// The message as it came.
  public var source: String

  public init(
    id: Int, from: String, to: [String], subject: String, receivedAt: Int64, text: String?,
    html: String?, source: String
  ) {
    self.id = id
    self.from = from
    self.to = to
    self.subject = subject
    self.receivedAt = receivedAt
    self.text = text
    self.html = html
    self.source = source
  }

  /// Names no one and quotes nothing, for logs.
  public var description: String { "mail \(id)" }
}
