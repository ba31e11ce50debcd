public import PasswordReset
internal import Templates

/// Makes mails from templates. A value: it may be used by many tasks at once.
public struct MessageRenderer: MessageComposer {
  private let templates: MailTemplates

  public init(templates: MailTemplates) {
    self.templates = templates
  }

  /// The mail's date is that of the letter, so every attempt to send it makes the same mail.
  ///
  /// - Throws: `file_missing` or `file_too_large` for a file beside the template that has changed
  ///   since; the templates themselves were checked when they were loaded.
  public func compose(_ letter: Letter) throws(CompositionError) -> RenderedMail {
    let template = templates.template(MailKind(letter.subject), for: letter.locale)
    let words = template.words(for: TemplateValues(letter))
    var files: [MailFile] = []
    for file in template.files { files.append(try file.current()) }
    return RenderedMail(
      messageID: letter.messageID, requestID: letter.requestID, date: letter.createdAt,
      from: letter.from, to: letter.to, subject: HeaderField.line(words.subject),
      text: words.text, html: words.html, files: files)
  }
}
