import Testing

@testable import MailSink

struct MIMETests {
  private func mail(_ text: String) throws -> ReceivedMail {
    let envelope = Envelope(from: try #require(SMTPPath("FROM:<>", keyword: "from:")))
    let draft = MailDraft(envelope: envelope)
    draft.data = Array(text.utf8)
    return draft.received(id: 1, at: 0)
  }

  @Test func `header fields are unfolded and keep their order`() throws {
    let mail = try mail("A: one\r\n two\r\nb : x\r\n\tnot a field\r\nA: 2\r\nbroken\r\n\r\nC: body")
    #expect(mail.headers.map(\.name) == ["A", "b", "A"])
    #expect(mail.headers.value(of: "a") == "one two")
    #expect(mail.headers.value(of: "B") == "x\tnot a field")
    #expect(mail.headers.value(of: "C") == nil)
  }

  @Test(arguments: [
    ("plain text", "plain text"),
    ("=?utf-8?Q?R=C3=A9initialiser_votre?= mot", "Réinitialiser votre mot"),
    ("=?UTF-8?b?w6k=?= =?utf-8?B?w6k=?=", "éé"),
    ("=?utf-8?B?4oI=?=\r\n =?utf-8?B?rA==?=", "€"),
    ("a =?iso-8859-1?q?=E9?=  =?utf-8?q?=C3=A9?= b", "a éé b"),
    ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
    ("=?utf-8?Q?open", "=?utf-8?Q?open"),
    ("two  blanks", "two  blanks"),
    ("", ""),
  ])
  func `subjects are decoded for display`(raw: String, shown: String) throws {
    #expect(try mail("Subject: \(raw)\r\n\r\n").subject == shown)
  }

  @Test func `both parts of an alternative are found and decoded`() throws {
    let mail = try mail(
      """
      From: =?utf-8?q?Ren=C3=A9?= <r@b.test>
      Content-Type: multipart/alternative;
       boundary="a b"

      preamble
      --a b
      Content-Type: text/plain; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      https://b.test/?token=3Dabc=
      def=20
      --a b  \("")
      Content-Type: text/html
      Content-Transfer-Encoding: base64

      PHA+w6k8
      L3A+
      --a b--
      --a b
      Content-Type: text/plain

      epilogue
      """.crlf)
    #expect(mail.from == "René <r@b.test>")
    #expect(mail.text == "https://b.test/?token=abcdef ")
    #expect(mail.html == "<p>é</p>")
  }

  @Test func `a message without MIME fields is its own text part`() throws {
    let mail = try mail("Subject: x\r\n\r\nhello\r\n")
    #expect(mail.text == "hello\r\n")
    #expect(mail.html == nil)
  }

  @Test func `attachments are no text parts, nested parts are`() throws {
    let mail = try mail(
      """
      Content-Type: multipart/mixed; boundary=o

      --o
      Content-Type: text/plain
      Content-Disposition: attachment; filename=a.txt

      attached
      --o
      Content-Type: multipart/alternative; boundary=i

      --i
      Content-Type: text/plain

      shown
      --i--
      --o--
      """.crlf)
    #expect(mail.text == "shown")
  }

  @Test(arguments: [8, 9])
  func `parts are searched eight multiparts deep`(depth: Int) throws {
    var text = "Content-Type: text/plain\r\n\r\ndeep"
    for level in 1...depth {
      text = "Content-Type: multipart/mixed; boundary=b\(level)x\r\n\r\n--b\(level)x\r\n\(text)"
    }
    #expect(try mail(text).text == (depth == 8 ? "deep" : nil))
  }

  @Test(arguments: [
    "", "\r\n", ":", "Content-Type: multipart/mixed; boundary=", "Content-Type: multipart/x",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b",
    "Content-Transfer-Encoding: base64\r\n\r\n%%%",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n\n--b\n--b--\n--b",
  ])
  func `broken messages are read without harm`(text: String) throws {
    let mail = try mail(text)
    _ = (mail.headers, mail.subject, mail.text, mail.html)
    #expect(mail.source == text)
  }
}

extension String {
  /// Line ends as in mail.
  fileprivate var crlf: String {
    String(decoding: utf8.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }, as: UTF8.self)
  }
}
