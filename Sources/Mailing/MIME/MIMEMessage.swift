internal import PasswordReset

/// A mail with a text and an HTML part, RFC 5322 and RFC 2045 to 2047. The same values always give
/// the same bytes, so a mail that is sent twice can be told to be one.
struct MIMEMessage {
  let id: RequestID
  let date: Timestamp
  let from: Mailbox
  let to: EmailAddress
  let subject: String
  let text: String
  let html: String

  /// Lines end in CR LF; none has more than 998 octets before it.
  func serialized() -> [UInt8] {
    let name = id.description
    // `=_` cannot stand in quoted-printable, so no part can hold it (RFC 2045 §6.7).
    let boundary = "=_\(name)"
    var bytes = Array(head(name: name, boundary: boundary).utf8)
    bytes.reserveCapacity(2 * (text.utf8.count + html.utf8.count) + 1024)
    for (type, content) in [("plain", text), ("html", html)] {
      bytes += "--\(boundary)\r\n".utf8
      bytes += "Content-Type: text/\(type); charset=utf-8\r\n".utf8
      bytes += "Content-Transfer-Encoding: quoted-printable\r\n\r\n".utf8
      bytes += QuotedPrintable.encode(content)
      bytes += "\r\n".utf8
    }
    bytes += "--\(boundary)--\r\n".utf8
    return bytes
  }

  /// No `List-*` and no `Precedence`: this is no bulk mail. `Auto-Submitted` (RFC 3834 §5) and
  /// `X-Auto-Response-Suppress` (MS-OXCMAIL §2.1.3.2.20) keep absence notes from answering it.
  private func head(name: String, boundary: String) -> String {
    [
      "Date: \(MailDate.text(date))",
      HeaderField.from(from),
      "To: \(to.text)",
      HeaderField.subject(subject),
      "Message-ID: <\(name)@\(from.address.domain)>",
      "MIME-Version: 1.0",
      "Auto-Submitted: auto-generated",
      "X-Auto-Response-Suppress: All",
      "Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"",
      "", "",
    ].joined(separator: "\r\n")
  }
}
