internal import HTTPTypes
internal import Hummingbird

extension MailboxApp {
  func showList() async -> Response {
    let rows: [HTML] = await source.list().reversed().map { mail in
      """
      <tr><td><a href="/mails/\(mail.id)">\(mail.subject.isEmpty ? "(no subject)" : mail.subject)\
      </a></td><td>\(mail.to.joined(separator: ", "))</td><td>\(mail.receivedAtText)</td></tr>
      """
    }
    let table: HTML = """
      <table>
      <thead><tr><th scope="col">Subject</th><th scope="col">To</th>
      <th scope="col">Received</th></tr></thead>
      <tbody>\(rows)</tbody>
      </table>
      """
    return .page(
      "Mailbox", head: "<meta http-equiv=\"refresh\" content=\"3\">",
      rows.isEmpty ? "<p>No mail yet. This page looks again every 3 seconds.</p>" : table)
  }

  func showMail(_ context: BasicRequestContext) async throws -> Response {
    guard let id = context.parameters.get("id", as: Int.self),
      let mail = await source.mail(id)
    else { throw HTTPError(.notFound) }
    return .page(
      mail.subject.isEmpty ? "(no subject)" : mail.subject,
      """
      <p><a href="/">All mails</a></p>
      <table>
      <tr><th scope="row">From</th><td>\(mail.from)</td></tr>
      <tr><th scope="row">To</th><td>\(mail.to.joined(separator: ", "))</td></tr>
      <tr><th scope="row">Received</th><td>\(mail.receivedAtText)</td></tr>
      </table>
      \(mail.text.map(textPart))
      \(mail.html.map(htmlPart))
      <details><summary>Source</summary><pre>\(mail.source)</pre></details>
      """)
  }

  private func textPart(_ text: String) -> HTML {
    "<h2>Text part</h2><pre id=\"text\">\(linked(text))</pre>"
  }

  /// In a sandbox of its own origin, without scripts and forms. A link may lead the whole page
  /// away when the user clicks it; `base` makes that the default.
  private func htmlPart(_ html: String) -> HTML {
    """
    <h2>HTML part</h2>
    <iframe id="html" title="HTML part of the mail"
      sandbox="allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
      srcdoc="\("<base target=\"_top\">" + html)"></iframe>
    """
  }
}

/// Makes the http and https addresses in a text into links. An address ends at a blank or at a
/// character that cannot stand in one (RFC 3986); a stop behind it belongs to the sentence.
func linked(_ text: String) -> HTML {
  var pieces: [HTML] = []
  var rest = Substring(text)
  while let start = rest.firstLink {
    var bytes = rest[start...].utf8.prefix(while: isURLByte)
    while let last = bytes.last, ".,;:!?)".utf8.contains(last) { bytes.removeLast() }
    let address = String(Substring(bytes))
    pieces.append("\(String(rest[..<start]))<a href=\"\(address)\">\(address)</a>")
    rest = rest[bytes.endIndex...]
  }
  return "\(pieces)\(String(rest))"
}

private func isURLByte(_ byte: UInt8) -> Bool {
  byte > 0x20 && byte < 0x7F && !"\"<>\\^`{|}".utf8.contains(byte)
}

extension Substring {
  fileprivate var firstLink: Substring.Index? {
    utf8.indices.first { index in
      let tail = utf8[index...]
      return tail.starts(with: "https://".utf8) || tail.starts(with: "http://".utf8)
    }
  }
}
