public import PasswordReset

/// Makes mails from templates. A value: it may be used by many tasks at once.
public struct MessageRenderer: MessageComposer {
  private let templates: Templates

  public init(templates: Templates) {
    self.templates = templates
  }

  /// The mail's date is that of the letter, so every attempt to send it makes the same bytes.
  ///
  /// - Throws: nothing today; templates were checked when they were loaded.
  public func compose(_ letter: LinkLetter) throws(CompositionError) -> RenderedMail {
    let words = templates.link(for: letter.locale).words(for: TemplateValues(letter))
    let message = MIMEMessage(
      id: letter.messageID, date: letter.createdAt, from: letter.from, to: letter.to,
      subject: words.subject, text: words.text, html: words.html)
    return RenderedMail(
      from: letter.from.address, to: letter.to, bytes: message.serialized())
  }
}
