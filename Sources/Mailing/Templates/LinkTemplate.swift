internal import PasswordReset

/// The mail with the link, in one language.
struct LinkTemplate: Sendable {
  struct Words {
    let subject: String
    let text: String
    let html: String
  }

  private let subject: Template
  private let text: Template
  private let html: Template

  init(_ files: TemplateFiles, locale: String) throws(MailingError) {
    subject = try Self.template(.subject, files, locale)
    text = try Self.template(.text, files, locale)
    html = try Self.template(.html, files, locale)
    try LinkTemplateSample.check(self, locale: locale)
  }

  private static func template(
    _ part: TemplatePart, _ files: TemplateFiles, _ locale: String
  ) throws(MailingError) -> Template {
    let file = "\(locale)/\(part.rawValue)"
    guard let source = files.contents[file] else {
      throw .template(file: file, problem: "does not exist")
    }
    return try Template(source, part: part, file: file)
  }

  func words(for values: TemplateValues) -> Words {
    let plain = values.plain
    return Words(
      subject: subject.render(plain), text: text.render(plain), html: html.render(values.html))
  }
}
