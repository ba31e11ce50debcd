internal import PasswordReset

/// The mail of one kind in one language.
struct MailTemplate: Sendable {
  struct Words {
    let subject: String
    let text: String
    let html: String
  }

  static let maximumFileCount = 20

  /// What goes along with each of its mails.
  let files: [TemplateFile]
  private let subject: Template
  private let text: Template
  private let html: Template

  init(_ kind: TemplateKind, _ files: TemplateFiles, locale: String) throws(MailingError) {
    subject = try Template(files, .subject, of: kind, locale: locale)
    text = try Template(files, .text, of: kind, locale: locale)
    html = try Template(files, .html, of: kind, locale: locale)
    let key = TemplateFiles.key(kind, locale: locale)
    self.files = files.beside[key] ?? []
    guard self.files.count <= Self.maximumFileCount else {
      throw .template(file: key, problem: "has more than \(Self.maximumFileCount) files beside it")
    }
    try TemplateSample.check(self, of: kind, locale: locale)
    try InlineReferences.check(html.inlineNames, self.files, of: kind, locale: locale)
  }

  func words(for values: TemplateValues) -> Words {
    Words(
      subject: subject.render(values), text: text.render(values), html: html.render(values))
  }
}
