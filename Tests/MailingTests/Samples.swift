import Formats
import PasswordReset
import Support
import Templates
import Testing

@testable import Mailing

extension MailPart {
  func file(of kind: MailKind) -> String { "\(name(of: kind)).mustache" }
}

enum Sample {
  static let policy = EmailAddress.Policy(smtpUTF8: true, domains: NoDomains())
  static let link =
    "https://reset.example.com/reset/verify?token="
    + "AQEs0FbJAZu1s4C3dQe7s4iJo2bN5lKqgVvHqQm3ZlE1rT0xYw8uPzS6cDfGhJkLnB4vXyWeRtUi"
  static let moment = Timestamp(microseconds: 1_795_253_400_123_456)
  static let subjects: [Letter.Subject] = [
    .link(link, lifetime: WholeDuration(seconds: 1800)), .changed, .noAccount,
  ]

  static func address(_ text: String) throws -> EmailAddress {
    try EmailAddress(text, policy: policy)
  }

  static func mailbox(_ text: String) throws -> Mailbox {
    try #require(Mailbox(text, policy: policy))
  }

  static func id() throws -> RequestID {
    try #require(RequestID("019aa6b2-7c00-7123-8456-0123456789ab"))
  }

  static func requestID() throws -> RequestID {
    try #require(RequestID("019aa6b2-7c00-7fff-8456-0123456789ab"))
  }

  /// A letter with a link, unless another subject is named.
  static func letter(
    _ subject: Letter.Subject? = nil, to: String = "ada@example.org",
    from: String = "Example <no-reply@example.com>", brand: String = "Example",
    locale: String? = nil, link: String = link, minutes: Int64 = 30, data: String? = nil
  ) throws -> Letter {
    try Letter(
      subject: subject ?? .link(link, lifetime: WholeDuration(seconds: minutes * 60)),
      messageID: id(), requestID: requestID(), to: address(to), from: mailbox(from), brand: brand,
      locale: locale.map { try #require(LanguageTag($0)) }, createdAt: moment,
      data: data.map { try JSON(parsing: Array($0.utf8)) })
  }

  /// English templates of which some of a kind are replaced.
  static func files(
    _ kind: MailKind = .link, subject: String? = nil, text: String? = nil,
    html: String? = nil, locale: String = "en", beside: [FileBeside] = []
  ) -> MailTemplateFiles {
    var contents = MailTemplateFiles.embedded.texts.contents
    for (part, content) in [(MailPart.subject, subject), (.text, text), (.html, html)] {
      let file = part.file(of: kind)
      contents["\(locale)/\(file)"] = content ?? contents["en/\(file)"]
    }
    return MailTemplateFiles(
      texts: TemplateFiles("mail", contents: contents),
      beside: beside.isEmpty ? [:] : ["\(locale)/\(kind.rawValue)": beside])
  }

  /// The templates of the program, loaded once.
  static let templates = Result { () throws(TemplateProblem) in try MailTemplates(.embedded) }

  static func render(_ letter: Letter, _ files: MailTemplateFiles? = nil) throws -> ReceivedMail {
    let renderer = MessageRenderer(templates: try files.map(MailTemplates.init) ?? templates.get())
    return try ReceivedMail(MIMEMessage.body(of: try renderer.compose(letter)))
  }

  /// A mail as a renderer would have made it.
  static func mail(
    subject: String = "Choose a new password", text: String = "Hello\n", html: String = "<p>Hello",
    files: [MailFile] = []
  ) throws -> RenderedMail {
    try RenderedMail(
      messageID: id(), requestID: requestID(), date: moment,
      from: mailbox("Example, Inc. <no-reply@example.com>"), to: address("ada@example.org"),
      subject: subject, text: text, html: html, files: files)
  }
}
