import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct MIMEMessageTests {
  static let golden = """
    Date: Sat, 21 Nov 2026 09:30:00 +0000
    From: "Example, Inc." <no-reply@example.com>
    To: ada@example.org
    Subject: Choose a new password
    Message-ID: <019aa6b2-7c00-7123-8456-0123456789ab@example.com>
    MIME-Version: 1.0
    Auto-Submitted: auto-generated
    X-Auto-Response-Suppress: All
    Content-Type: multipart/alternative;
     boundary="=_019aa6b2-7c00-7123-8456-0123456789ab"

    --=_019aa6b2-7c00-7123-8456-0123456789ab
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Caf=C3=A9
    https://x.example/reset/verify?token=3Dabc

    --=_019aa6b2-7c00-7123-8456-0123456789ab
    Content-Type: text/html; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    <p>Caf=C3=A9</p>
    --=_019aa6b2-7c00-7123-8456-0123456789ab--

    """

  @Test func `a message without files is exactly these bytes, in one piece`() throws {
    let mail = try Sample.mail(
      text: "Café\nhttps://x.example/reset/verify?token=abc\n", html: "<p>Café</p>")
    let expected = Self.golden.split(separator: "\n", omittingEmptySubsequences: false)
      .joined(separator: "\r\n")
    #expect(MIMEMessage.body(of: mail).pieces == [.bytes(Array(expected.utf8))])
  }

  @Test func `the same letter gives the same bytes`() throws {
    let renderer = MessageRenderer(templates: try MailTemplates(.embedded))
    for subject in Sample.subjects {
      let letter = try Sample.letter(subject)
      let bodies = try (0..<2).map { _ in MIMEMessage.body(of: try renderer.compose(letter)) }
      #expect(bodies[0].pieces == bodies[1].pieces)
    }
  }

  @Test func `lines end in CR LF and have at most 76 columns where a long word does not forbid it`()
    throws
  {
    let mail = try Sample.render(
      Sample.letter(brand: String(repeating: "Ünïcödé wörds ", count: 60)))
    let lines = try ReceivedMail.lines(mail.bytes)
    #expect(lines.allSatisfy { $0.utf8.count <= 76 })
  }

  @Test func `the longest names and addresses keep every line below 998 octets`() throws {
    let domain = Array(repeating: String(repeating: "d", count: 46), count: 4).joined(
      separator: ".")
    let address = String(repeating: "l", count: 64) + "@" + domain + "x"
    #expect(address.utf8.count == 253)
    let name = String(repeating: "\"", count: 128)
    let mail = try Sample.render(Sample.letter(to: address, from: "\(name) <\(address)>"))
    #expect(try ReceivedMail.lines(mail.bytes).allSatisfy { $0.utf8.count <= 998 })
    #expect(mail.field("To") == address)
    #expect(mail.bytes.allSatisfy { $0 < 0x80 })
  }

  @Test(arguments: [
    (Int64(0), "Thu, 01 Jan 1970 00:00:00 +0000"),
    (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
    (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 +0000"),
    (1_798_761_600, "Fri, 01 Jan 2027 00:00:00 +0000"),
    (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
    (-345_600, "Sun, 28 Dec 1969 00:00:00 +0000"),
  ])
  func `dates are those of RFC 5322 in UTC`(seconds: Int64, text: String) {
    #expect(MailDate.text(Timestamp(microseconds: seconds * 1_000_000)) == text)
  }

  @Test func `a date at the ends of the range does not trap`() {
    #expect(!MailDate.text(Timestamp(microseconds: .max)).isEmpty)
    #expect(!MailDate.text(Timestamp(microseconds: .min)).isEmpty)
  }
}
