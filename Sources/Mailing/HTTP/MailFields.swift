internal import PasswordReset

/// What APIs that take fields want of a mail.
extension RenderedMail {
  /// The subject on one line.
  var subjectLine: String { HeaderField.line(subject) }

  /// With its angle brackets; the same as in the message itself.
  var messageIDField: String { "<\(messageID)@\(from.address.domain)>" }

  /// Keep absence notes from answering: RFC 3834 §5 and MS-OXCMAIL §2.1.3.2.20.
  static let quietFields = [
    ("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"),
  ]

  /// The key of the metadata that names the request in what a provider reports later.
  static let requestKey = "rekey_request"
}

extension Mailbox {
  /// The name on one line, if it has more than spaces.
  var shownName: String? {
    let line = name.map(HeaderField.line) ?? ""
    return line.isEmpty ? nil : line
  }

  /// `"Name" <address>` as RFC 5322 §3.4 has it, but for characters that are not ASCII.
  var quotedForm: String {
    shownName.map { "\(HeaderField.quoted($0)) <\(address.text)>" } ?? address.text
  }
}
