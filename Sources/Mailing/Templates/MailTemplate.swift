internal import PasswordReset
internal import Templates

/// The mail of one kind in one language.
struct MailTemplate: Sendable {
  struct Words {
    let subject: String
    let text: String
    let html: String
  }

  static let maximumFileCount = 20

  /// What goes along with each of its mails.
  let files: [FileBeside]
  private let subject: Template
  private let text: Template
  private let html: Template

  init(_ kind: MailKind, _ files: MailTemplateFiles, locale: String) throws(TemplateProblem) {
    func template(_ part: MailPart) throws(TemplateProblem) -> Template {
      try Template(part.name(of: kind), of: files.texts, locale: locale, part.schema(of: kind))
    }
    subject = try template(.subject)
    text = try template(.text)
    html = try template(.html)
    let key = MailTemplateFiles.key(kind, locale: locale)
    self.files = files.beside[key] ?? []
    guard self.files.count <= Self.maximumFileCount else {
      throw TemplateProblem(
        file: "mail/\(key)", problem: "has more than \(Self.maximumFileCount) files beside it")
    }
    try MailSample.check(self, of: kind)
    try InlineReferences.check(html, self.files, of: kind, beside: "mail/\(key)")
  }

  func words(for values: TemplateValues) -> Words {
    Words(
      subject: subject.render(values), text: text.render(values), html: html.render(values))
  }

  /// What errors call its file.
  func file(of part: MailPart) -> String {
    switch part {
    case .subject: subject.file
    case .text: text.file
    case .html: html.file
    }
  }
}
