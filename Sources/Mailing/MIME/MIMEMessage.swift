internal import PasswordReset
internal import Transfer

/// A mail as one message, RFC 5322 and RFC 2045 to 2047. The same mail always gives the same bytes,
/// so one that is sent twice can be told to be one.
enum MIMEMessage {
  /// Lines end in CR LF; none has more than 998 octets before it. Files are named, not read.
  static func body(of mail: RenderedMail) -> TransferBody {
    let name = mail.messageID.description
    let inline = mail.files.filter(\.isInline).map(MIMEPart.file)
    let attachments = mail.files.filter { !$0.isInline }.map(MIMEPart.file)
    var html = MIMEPart.text(mail.html, subtype: "html")
    if !inline.isEmpty { html = .multipart(.related, [html] + inline) }
    var whole = MIMEPart.multipart(.alternative, [.text(mail.text, subtype: "plain"), html])
    if !attachments.isEmpty { whole = .multipart(.mixed, [whole] + attachments) }
    var writer = MIMEWriter(
      name: name, capacity: 2 * (mail.text.utf8.count + mail.html.utf8.count) + 1024)
    writer.append(head(of: mail, name: name))
    writer.append(whole)
    return writer.body
  }

  /// No `List-*` and no `Precedence`: this is no bulk mail. `Auto-Submitted` (RFC 3834 §5) and
  /// `X-Auto-Response-Suppress` (MS-OXCMAIL §2.1.3.2.20) keep absence notes from answering it.
  private static func head(of mail: RenderedMail, name: String) -> String {
    """
    Date: \(MailDate.text(mail.date))\r
    \(HeaderField.from(mail.from))\r
    To: \(mail.to.text)\r
    \(HeaderField.subject(mail.subject))\r
    Message-ID: <\(name)@\(mail.from.address.domain)>\r
    MIME-Version: 1.0\r
    Auto-Submitted: auto-generated\r
    X-Auto-Response-Suppress: All\r

    """
  }
}
