import PasswordReset
import Templates
import Testing

@testable import Mailing

struct FileFieldTests {
  @Test(arguments: [
    "terms.pdf", "Terms & conditions; v=2.pdf", #"a "b" \ c.pdf"#, "it's 100%.pdf", "=?utf-8?Q?x?=",
    "Größe.pdf", "条件.pdf", "🔑👩‍👩‍👧.pdf", "e\u{301}.pdf", " x ", "ملف.pdf", "*'%",
    String(repeating: "n", count: 96) + ".pdf", String(repeating: "🔑", count: 25),
    String(repeating: "\"", count: 100), String(repeating: "é", count: 50),
  ])
  func `a file's name comes back from both fields, in lines of 76 columns`(name: String) throws {
    let mail = try ReceivedMail(with: [MailFile.sample(name)])
    let part = try #require(mail.attachments.first)
    #expect(part.parameters["name"]?.utf8.elementsEqual(name.utf8) == true)
    let shown = try part.disposition().parameters
    #expect(shown["filename"]?.utf8.elementsEqual(name.utf8) == true)
    #expect(shown.count == 1)
    #expect(try ReceivedMail.lines(mail.bytes).allSatisfy { $0.utf8.count <= 76 })
  }

  @Test func `a name of ASCII is in quotes as long as it fits in a line, without one as RFC 2231`()
  {
    let fits = String(repeating: "n", count: 76 - " filename=\"\"".utf8.count)
    let line = FileFields.parameter("filename", fits)
    #expect(line.utf8.elementsEqual(";\r\n filename=\"\(fits)\"".utf8))
    let over = FileFields.parameter("filename", fits + "n")
    #expect(over.utf8.starts(with: ";\r\n filename*0*=UTF-8''nnn".utf8))
    #expect(FileFields.parameter("name", "é").utf8.elementsEqual(";\r\n name*=UTF-8''%C3%A9".utf8))
  }

  @Test(arguments: [
    "a\r\nBcc: evil@example.com", "a\nb", "a\rb", "a\0b", "a\u{7f}b", "a\u{85}b", "a\u{2028}b",
    "a\u{202e}fdp.exe", "a\"\r\n\r\n--=_\(MIMEFileTests.name)--",
  ])
  func `no name or type of a file can begin a line or a part`(text: String) throws {
    let mail = try ReceivedMail(with: [
      MailFile.sample(text, type: text), MailFile.sample(text, type: text, isInline: true),
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
    #expect(id.utf8.dropFirst().dropLast().allSatisfy(FileBeside.isPlain))
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
