import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct MIMEFileTests {
  private static let name = "019aa6b2-7c00-7123-8456-0123456789ab"
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

  private static func file(
    _ name: String, type: String = "application/pdf", size: Int64 = 3, isInline: Bool = false
  ) -> MailFile {
    MailFile(
      path: "/nowhere/\(name)", name: name, mediaType: type, size: size, isInline: isInline)
  }

  private static let logo = file("logo.png", type: "image/png", size: 70, isInline: true)

  private func pieces(_ files: [MailFile]) throws -> [TransferPiece] {
    MIMEMessage.body(of: try Sample.mail(files: files)).pieces
  }

  /// As received, where every file holds three zero bytes.
  private func received(_ files: [MailFile]) throws -> ReceivedMail {
    try ReceivedMail(
      try pieces(files).flatMap { piece -> [UInt8] in
        if case .bytes(let bytes) = piece { bytes } else { Array("AAAA\r\n".utf8) }
      })
  }

  @Test func `a message with both sorts of files is exactly these pieces`() throws {
    let pieces = try pieces([Self.file("terms.pdf"), Self.logo])
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
    #expect(try received([Self.file("a"), Self.logo]).fields.map(\.name) == HeaderTests.names)
  }

  @Test func `inline images alone stand around the HTML part only`() throws {
    let mail = try received([Self.logo, Self.file("b.gif", type: "image/gif", isInline: true)])
    #expect(mail.whole.type == "multipart/alternative")
    #expect(mail.inline.map { $0.field("Content-ID") } == ["<logo.png>", "<b.gif>"])
    #expect(try mail.inline.map { try $0.disposition().value } == ["inline", "inline"])
    #expect(try mail.inline[1].file() == [0, 0, 0])
  }

  @Test func `attachments alone stand after the alternatives`() throws {
    let mail = try received([Self.file("a.pdf"), Self.file("b.csv", type: "text/csv")])
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

  @Test(arguments: [
    "terms.pdf", "Terms & conditions; v=2.pdf", #"a "b" \ c.pdf"#, "it's 100%.pdf", "=?utf-8?Q?x?=",
    "Größe.pdf", "条件.pdf", "🔑👩‍👩‍👧.pdf", "e\u{301}.pdf", " x ", "ملف.pdf", "*'%",
    String(repeating: "n", count: 96) + ".pdf", String(repeating: "🔑", count: 25),
    String(repeating: "\"", count: 100), String(repeating: "é", count: 50),
  ])
  func `a file's name comes back from both fields, in lines of 76 columns`(name: String) throws {
    let mail = try received([Self.file(name)])
    let part = try #require(mail.attachments.first)
    #expect(part.parameters["name"]?.utf8.elementsEqual(name.utf8) == true)
    let shown = try part.disposition().parameters
    #expect(shown["filename"]?.utf8.elementsEqual(name.utf8) == true)
    #expect(shown.count == 1)
    #expect(try ReceivedMail.lines(mail.bytes).allSatisfy { $0.utf8.count <= 76 })
  }

  @Test func `a name of ASCII is in quotes as long as it fits in a line, without one as RFC 2231`() {
    let fits = String(repeating: "n", count: 76 - " filename=\"\"".utf8.count)
    let line = FileFields.parameter("filename", fits)
    #expect(line.utf8.elementsEqual(";\r\n filename=\"\(fits)\"".utf8))
    let over = FileFields.parameter("filename", fits + "n")
    #expect(over.utf8.starts(with: ";\r\n filename*0*=UTF-8''nnn".utf8))
    #expect(FileFields.parameter("name", "é").utf8.elementsEqual(";\r\n name*=UTF-8''%C3%A9".utf8))
  }

  @Test(arguments: [
    "a\r\nBcc: evil@example.com", "a\nb", "a\rb", "a\0b", "a\u{7f}b", "a\u{85}b", "a\u{2028}b",
    "a\u{202e}fdp.exe", "a\"\r\n\r\n--=_\(name)--",
  ])
  func `no name or type of a file can begin a line or a part`(text: String) throws {
    let mail = try received([
      Self.file(text, type: text), Self.file(text, type: text, isInline: true),
    ])
    #expect(mail.fields.map(\.name) == HeaderTests.names)
    for part in mail.attachments + mail.inline {
      #expect(part.type == "application/octet-stream")
      let name = try #require(part.parameters["name"])
      #expect(name.utf8.elementsEqual(SafeText.singleLine(text).utf8))
      #expect(name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f })
    }
    #expect(mail.attachments.count == 1 && mail.inline.count == 1)
    let id = try #require(mail.inline.first?.field("Content-ID"))
    #expect(id.utf8.dropFirst().dropLast().allSatisfy(TemplateFile.isPlain))
  }

  @Test func `a text that imitates boundaries stays text`() throws {
    let text = ["=_", "=_related_", "=_mixed_"].map { "--\($0)\(Self.name)--\n" }.joined()
    let mail = try Sample.mail(text: text, html: text)
    let received = try ReceivedMail(MIMEMessage.body(of: mail))
    #expect(received.text == text && received.html == text)
  }

  @Test(arguments: [
    ("a.png", "image/png"), ("a.PNG", "image/png"), ("a.jpg", "image/jpeg"),
    ("a.jpeg", "image/jpeg"), ("a.gif", "image/gif"), ("a.webp", "image/webp"),
    ("a.svg", "image/svg+xml"), ("a.pdf", "application/pdf"), ("a.txt", "text/plain"),
    ("a.html", "text/html"), ("a.ics", "text/calendar"), ("a.csv", "text/csv"),
    ("a.zip", "application/zip"), ("a.json", "application/json"), ("a.tar.gz", MediaType.unknown),
    ("a", MediaType.unknown), ("png", MediaType.unknown), ("a.", MediaType.unknown),
    ("a.pdf.exe", MediaType.unknown), ("", MediaType.unknown),
  ])
  func `a file's type is told by the end of its name`(name: String, type: String) {
    #expect(MediaType.ofFile(named: name) == type)
  }
}
