import PasswordReset
import Testing

@testable import Mailing

struct NoDomains: DomainEncoding {
  func aLabels(_ domain: String) -> String? { nil }
}

enum Sample {
  static let policy = EmailAddress.Policy(smtpUTF8: true, domains: NoDomains())
  static let link =
    "https://reset.example.com/reset/verify?token="
    + "AQEs0FbJAZu1s4C3dQe7s4iJo2bN5lKqgVvHqQm3ZlE1rT0xYw8uPzS6cDfGhJkLnB4vXyWeRtUi"
  static let moment = Timestamp(microseconds: 1_795_253_400_123_456)

  static func address(_ text: String) throws -> EmailAddress {
    try EmailAddress(text, policy: policy)
  }

  static func id() throws -> RequestID {
    try #require(RequestID("019aa6b2-7c00-7123-8456-0123456789ab"))
  }

  static func letter(
    to: String = "ada@example.org", from: String = "Example <no-reply@example.com>",
    brand: String = "Example", locale: String? = nil, link: String = link,
    minutes: Int64 = 30, data: String? = nil
  ) throws -> LinkLetter {
    try LinkLetter(
      messageID: id(), to: address(to), from: #require(Mailbox(from, policy: policy)),
      brand: brand, locale: locale.map { try #require(LanguageTag($0)) }, link: link,
      createdAt: moment, lifetime: WholeDuration(seconds: minutes * 60),
      data: data.map { try JSON(parsing: Array($0.utf8)) })
  }

  /// English templates of which some are replaced.
  static func files(
    subject: String? = nil, text: String? = nil, html: String? = nil, locale: String = "en"
  ) -> TemplateFiles {
    var contents = TemplateFiles.embedded.contents
    for (name, content) in [("subject", subject), ("txt", text), ("html", html)] {
      let file = "link.\(name).mustache"
      contents["\(locale)/\(file)"] = content ?? contents["en/\(file)"]
    }
    return TemplateFiles(contents: contents)
  }

  static func render(
    _ letter: LinkLetter, _ files: TemplateFiles = .embedded
  ) throws -> ReceivedMail {
    let renderer = MessageRenderer(templates: try Templates(files))
    return try ReceivedMail(try renderer.compose(letter).bytes)
  }
}
