import Formats
import PasswordReset
import Testing

@testable import Mailing

struct HeaderTests {
  private func from(_ name: String) throws -> String {
    HeaderField.from(try #require(Mailbox("\(name) <a@example.com>", policy: Sample.policy)))
  }

  @Test func `a sender without a name is its address`() throws {
    let mailbox = try #require(Mailbox("a@example.com", policy: Sample.policy))
    #expect(HeaderField.from(mailbox) == "From: a@example.com")
  }

  @Test(arguments: [
    ("Example", "Example"), ("Example Shop", "Example Shop"),
    ("Example, Inc.", "\"Example, Inc.\""),
    (#"The "Best" \ Shop"#, #""The \"Best\" \\ Shop""#), ("a@b", "\"a@b\""),
    ("Café", "=?utf-8?B?Q2Fmw6k=?="), ("=?utf-8?Q?x?=", "=?utf-8?B?PT91dGYtOD9RP3g/PQ==?="),
  ])
  func `a display name is written so that a reader gets it back`(name: String, phrase: String)
    throws
  {
    #expect(try from(name) == "From: \(phrase) <a@example.com>")
  }

  @Test func `a long name is folded before the address`() throws {
    let name = String(repeating: "n", count: 60)
    #expect(try from(name) == "From: \(name)\r\n <a@example.com>")
    let longer = try from(name + "n")
    #expect(longer.utf8.starts(with: "From: =?utf-8?B?".utf8))
  }

  @Test(arguments: [
    "Hello\r\nBcc: evil@example.com", "Hello\nBcc: evil@example.com",
    "Hello\rBcc: evil@example.com",
    "Hello\u{85}Bcc: x", "Hello\u{2028}Bcc: x", "Hello\u{0}Bcc: x", "Hello\u{b}\u{c}Bcc: x",
  ])
  func `no subject and no name can begin a field`(text: String) throws {
    let subject = HeaderField.subject(text)
    #expect(try ReceivedMail.lines(Array((subject + "\r\n").utf8)).count == 1)
    let mail = try Sample.render(
      Sample.letter(brand: text), Sample.files(subject: "New password for {{brand}} {{data.x}}"))
    #expect(mail.field("Bcc") == nil)
    #expect(mail.fields.map(\.name) == Self.names)
  }

  static let names = [
    "Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Auto-Submitted",
    "X-Auto-Response-Suppress", "Content-Type",
  ]

  @Test(arguments: [#"a"b,c;d:e<f>"#, "a\r\nTo: evil@example.com", "ü\r\n\r\nbody", "--=_boundary"])
  func `whatever a caller sends, the fields are the same ones`(value: String) throws {
    let data = JSON.object(["name": .string(value)]).serialized()
    let files = Sample.files(
      subject: "For {{data.name}}", text: "{{data.name}}\n{{link}}",
      html: "<p>{{data.name}}</p><a href=\"{{link}}\">x</a>")
    let mail = try Sample.render(Sample.letter(brand: value, data: data), files)
    #expect(mail.fields.map(\.name) == Self.names)
    #expect(mail.field("To") == "ada@example.org")
    #expect(mail.field("From") == "Example <no-reply@example.com>")
  }

  @Test func `a subject of ASCII stays readable and is folded at 76 columns`() {
    let at =
      "Subject: " + String(repeating: "a", count: 40) + " " + String(repeating: "b", count: 26)
    #expect(at.utf8.count == 76)
    #expect(HeaderField.subject(String(at.dropFirst(9))) == at)
    let over = HeaderField.subject(String(at.dropFirst(9)) + "b")
    #expect(
      over.utf8.elementsEqual(
        ("Subject: " + String(repeating: "a", count: 40) + "\r\n "
          + String(repeating: "b", count: 27))
          .utf8))
  }

  @Test func `a word of 60 columns stays, one of 61 is encoded`() {
    #expect(
      HeaderField.subject(String(repeating: "w", count: 60)).utf8.starts(with: "Subject: w".utf8))
    #expect(
      HeaderField.subject(String(repeating: "w", count: 61)).utf8.starts(with: "Subject: =?".utf8))
  }

  @Test(arguments: [
    "Réinitialiser", "パスワードの再設定", "🔑", "Привет, мир, это длинная тема письма о пароле",
  ])
  func `a subject that is not ASCII comes back from encoded words`(text: String) throws {
    for count in 1...12 {
      let long = Array(repeating: text, count: count).joined(separator: " ")
      let subject = HeaderField.subject(long)
      let lines = try ReceivedMail.lines(Array((subject + "\r\n").utf8))
      #expect(lines.allSatisfy { $0.utf8.count <= 76 && $0.utf8.allSatisfy { $0 < 0x80 } })
      let value = lines.joined().dropFirst("Subject: ".count)
      #expect(ReceivedMail.decodeWords(String(value)) == long)
    }
  }

  @Test func `the headers name no host, path or version of the sender`() throws {
    let mail = try Sample.render(Sample.letter())
    #expect(mail.field("Message-ID") == "<019aa6b2-7c00-7123-8456-0123456789ab@example.com>")
    #expect(mail.field("Auto-Submitted") == "auto-generated")
    #expect(mail.fields.map(\.name) == Self.names)
  }
}
