internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Hummingbird

extension MailboxPage {
  /// - Parameter recipient: a part of an address, ASCII case ignored; nil shows all mails.
  func showList(to recipient: String?) -> Response {
    let all = mails()
    let found = all.reversed().filter { mail in
      recipient.map { part in mail.recipients.contains { $0.containsIgnoringCase(part) } } ?? true
    }
    let nothing: Markup =
      all.isEmpty ? "<p>No mail yet.</p>" : "<p>No mail to \"\(recipient ?? "")\".</p>"
    return .mailboxPage(
      "Mailbox",
      """
      <form method="get" action="/" role="search">
      <label for="to">Mails to</label>
      <input id="to" name="to" type="search" value="\(recipient ?? "")" placeholder="everybody"
        autocomplete="off" autocapitalize="off" spellcheck="false">
      <button type="submit">Show</button>
      </form>
      <iframe class="newer" title="Newer mails" \
      src="/newer?after=\(String(all.last?.id ?? 0))&amp;to=\(recipient.map(PercentEncoding.encode) ?? "")">\
      </iframe>
      \(found.isEmpty ? nothing : "<ul class=\"mails\">\(found.map(row))</ul>")
      """)
  }

  private func row(_ mail: ReceivedMail) -> Markup {
    """
    <li><a href="/mails/\(String(mail.id))">\(mail.title)</a>
    <span class="to">\(mail.shownRecipients)</span> \(time(of: mail))</li>

    """
  }

  /// What stands above the list, in a frame: it looks again by itself, so the page keeps its focus,
  /// its place and what was typed. Once there is a link to take, it stays as it is.
  func showNewer(_ request: Request) -> Response {
    let last = request.field("after").flatMap { Int($0) } ?? 0
    let count = mails().count { $0.id > last }
    guard count > 0 else {
      return .mailboxPage(
        nil, head: "<meta http-equiv=\"refresh\" content=\"2\">", "<p>Newest first.</p>")
    }
    let target = request.recipient.map { "/?to=\(PercentEncoding.encode($0))" } ?? "/"
    return .mailboxPage(
      nil,
      """
      <p><a href="\(target)" target="_top">\(String(count)) new \(count == 1 ? "mail" : "mails"), \
      look again</a></p>
      """)
  }

  func showMail(_ id: Int?) -> Response {
    guard let mail = mails().first(where: { $0.id == id }) else {
      return .mailboxPage(
        "Mail not found", status: .notFound,
        "<p>Only the newest are kept, and only while the mailbox runs.</p>\(allMails)")
    }
    return .mailboxPage(
      mail.title,
      """
      \(allMails)
      <dl>
      <dt>From</dt><dd>\(mail.from)</dd>
      <dt>To</dt><dd>\(mail.shownRecipients)</dd>
      <dt>Received</dt><dd>\(time(of: mail))</dd>
      </dl>
      \(mail.text.map(textPart) ?? "")
      \(mail.html.map(htmlPart) ?? "")
      <details><summary>Source</summary><pre>\(mail.source)</pre></details>
      """)
  }

  private var allMails: Markup { "<p><a href=\"/\">All mails</a></p>" }

  private func textPart(_ text: String) -> Markup {
    "<h2>Text part</h2><pre id=\"text\">\(linked(text))</pre>"
  }

  /// In a sandbox of its own origin, without scripts and forms. A link may lead the whole page
  /// away when the user clicks it; `base` makes that the default.
  private func htmlPart(_ html: String) -> Markup {
    """
    <h2>HTML part</h2>
    <iframe id="html" title="HTML part of the mail"
      sandbox="allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
      srcdoc="\("<base target=\"_top\">" + html)"></iframe>
    """
  }

  /// How long ago, with the exact time for those who point at it.
  private func time(of mail: ReceivedMail) -> Markup {
    let exact = mail.received.formatted(.iso8601)
    let seconds = Int(now().timeIntervalSince(mail.received))
    return "<time datetime=\"\(exact)\" title=\"\(exact)\">\(ago(seconds))</time>"
  }
}

/// Rounded down to the largest whole unit.
func ago(_ seconds: Int) -> String {
  switch seconds {
  case ..<5: "just now"
  case ..<60: "\(seconds) s ago"
  case ..<3600: "\(seconds / 60) min ago"
  case ..<86400: "\(seconds / 3600) h ago"
  case ..<172_800: "1 day ago"
  default: "\(seconds / 86400) days ago"
  }
}

/// Makes the http and https addresses in a text into links. An address ends at a blank or at a
/// character that cannot stand in one (RFC 3986); a stop behind it belongs to the sentence.
func linked(_ text: String) -> Markup {
  var pieces: [Markup] = []
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

extension String {
  fileprivate func containsIgnoringCase(_ part: String) -> Bool {
    asciiLowercased.utf8.contains(part.asciiLowercased.utf8)
  }
}

extension ReceivedMail {
  fileprivate var title: String { subject.isEmpty ? "(no subject)" : subject }

  /// A long address is broken behind its sign rather than within a word.
  fileprivate var shownRecipients: Markup {
    let parts = recipients.joined(separator: ", ").split(
      separator: "@", omittingEmptySubsequences: false)
    return "\(parts.enumerated().map { $0 == 0 ? "\(String($1))" : "@<wbr>\(String($1))" })"
  }
}
