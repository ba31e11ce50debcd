import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct MIMEFileTests {
  static let name = "019aa6b2-7c00-7123-8456-0123456789ab"
  /// From the first line of the Content-Type to the first file, then to the second, then the end.
  private static let golden = [
    """
    Content-Type: multipart/mixed;
     boundary="=_mixed_\(name)"

    --=_mixed_\(name)
    Content-Type: multipart/alternative;
     boundary="=_\(name)"

    --=_\(name)
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Hello

    --=_\(name)
    Content-Type: multipart/related; type="text/html";
     boundary="=_related_\(name)"

    --=_related_\(name)
    Content-Type: text/html; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    <p>Hello
    --=_related_\(name)
    Content-Type: image/png;
     name="logo.png"
    Content-Transfer-Encoding: base64
    Content-ID: <logo.png>
    Content-Disposition: inline;
     filename="logo.png"


    """,
    """
    --=_related_\(name)--
    --=_\(name)--
    --=_mixed_\(name)
    Content-Type: application/pdf;
     name="terms.pdf"
    Content-Transfer-Encoding: base64
    Content-Disposition: attachment;
     filename="terms.pdf"


    """, "--=_mixed_\(name)--\n",
  ]

  private static let logo = MailFile.sample("logo.png", type: "image/png", size: 70, isInline: true)

  private func pieces(_ files: [MailFile]) throws -> [TransferPiece] {
    MIMEMessage.body(of: try Sample.mail(files: files)).pieces
  }

  @Test func `a message with both sorts of files is exactly these pieces`() throws {
    let pieces = try pieces([MailFile.sample("terms.pdf"), Self.logo])
    let expected = Self.golden.map { text in
      Array(
        text.split(separator: "\n", omittingEmptySubsequences: false)
          .joined(separator: "\r\n").utf8)
    }
    try #require(pieces.count == 5)
    guard case .bytes(let head) = pieces[0] else { throw ReceivedMail.Malformed(reason: "head") }
    #expect(head.suffix(expected[0].count).elementsEqual(expected[0]))
    #expect(pieces[1] == .base64(path: "/nowhere/logo.png", size: 70, hasLines: true))
    #expect(pieces[2] == .bytes(expected[1]))
    #expect(pieces[3] == .base64(path: "/nowhere/terms.pdf", size: 3, hasLines: true))
    #expect(pieces[4] == .bytes(expected[2]))
  }

  @Test func `files change nothing in the fields before the type`() throws {
    #expect(
      try ReceivedMail(with: [MailFile.sample("a"), Self.logo]).fields.map(\.name)
        == HeaderTests.names)
  }

  @Test func `inline images alone stand around the HTML part only`() throws {
    let mail = try ReceivedMail(with: [
      Self.logo, MailFile.sample("b.gif", type: "image/gif", isInline: true),
    ])
    #expect(mail.whole.type == "multipart/alternative")
    #expect(mail.inline.map { $0.field("Content-ID") } == ["<logo.png>", "<b.gif>"])
    #expect(try mail.inline.map { try $0.disposition().value } == ["inline", "inline"])
    #expect(try mail.inline[1].file() == [0, 0, 0])
  }

  @Test func `attachments alone stand after the alternatives`() throws {
    let mail = try ReceivedMail(with: [
      MailFile.sample("a.pdf"), MailFile.sample("b.csv", type: "text/csv"),
    ])
    #expect(mail.whole.type == "multipart/mixed")
    #expect(mail.inline.isEmpty)
    #expect(mail.attachments.map(\.type) == ["application/pdf", "text/csv"])
    #expect(mail.attachments.allSatisfy { $0.field("Content-ID") == nil })
  }

  @Test func `an empty file is a part without content`() throws {
    let folder = try MailFolder()
    try folder.write("empty", "")
    let file = MailFile(
      path: "\(folder.path)/empty", name: "empty", mediaType: "text/plain", size: 0,
      isInline: false)
    let mail = try ReceivedMail(MIMEMessage.body(of: try Sample.mail(files: [file])))
    #expect(try mail.attachments.first?.file() == [])
  }

  @Test func `a file arrives as it is on disk`() throws {
    let folder = try MailFolder()
    for size in [1, 2, 56, 57, 58, 114, 5000] {
      let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try folder.write("f", content)
      let file = MailFile(
        path: "\(folder.path)/f", name: "f", mediaType: "text/plain", size: Int64(size),
        isInline: false)
      let mail = try ReceivedMail(MIMEMessage.body(of: try Sample.mail(files: [file])))
      #expect(try mail.attachments.first?.file() == content)
    }
  }

  @Test func `a text that imitates boundaries stays text`() throws {
    let text = ["=_", "=_related_", "=_mixed_"].map { "--\($0)\(Self.name)--\n" }.joined()
    let mail = try Sample.mail(text: text, html: text)
    let received = try ReceivedMail(MIMEMessage.body(of: mail))
    #expect(received.text == text && received.html == text)
  }
}

extension MailFile {
  /// A file that is not there.
  static func sample(
    _ name: String, type: String = "application/pdf", size: Int64 = 3, isInline: Bool = false
  ) -> MailFile {
    MailFile(
      path: "/nowhere/\(name)", name: name, mediaType: type, size: size, isInline: isInline)
  }
}

extension ReceivedMail {
  /// A mail with these files, each of three zero bytes.
  init(with files: [MailFile]) throws {
    let pieces = MIMEMessage.body(of: try Sample.mail(files: files)).pieces
    try self.init(
      pieces.flatMap { piece -> [UInt8] in
        if case .bytes(let bytes) = piece { bytes } else { Array("AAAA\r\n".utf8) }
      })
  }
}
