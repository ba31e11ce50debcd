import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct TransportURLTests {
  private func endpoint(_ text: String) throws -> SMTPEndpoint {
    try TransportURL(text).endpoint(ehloName: "e")
  }

  private func problem(_ text: String) -> String? {
    do throws(MailingError) {
      _ = try TransportURL(text)
      return nil
    } catch { return error.description }
  }

  @Test(arguments: [
    ("smtp://mail.example", "mail.example", 587, SMTPEndpoint.Protection.required),
    ("SMTP://mail.example/", "mail.example", 587, .required),
    ("smtps://mail.example", "mail.example", 465, .implicit),
    ("smtps://mail.example?tls=required", "mail.example", 465, .implicit),
    ("smtp://mail.example:25?tls=none", "mail.example", 25, .none),
    ("smtp://localhost", "localhost", 587, .none), ("smtp://LOCALHOST:25", "LOCALHOST", 25, .none),
    ("smtp://127.0.0.1:1", "127.0.0.1", 1, .none),
    ("smtp://127.255.255.255:65535", "127.255.255.255", 65535, .none),
    ("smtp://[::1]:2525", "::1", 2525, .none),
    ("smtp://[2001:db8::1]", "2001:db8::1", 587, .required),
    ("smtp://localhost?tls=required", "localhost", 587, .required),
    ("smtp://128.0.0.1", "128.0.0.1", 587, .required),
    ("smtp://127.0.0.1.evil.example", "127.0.0.1.evil.example", 587, .required),
    ("smtp://127.0.0.256", "127.0.0.256", 587, .required),
    ("smtp://127.1", "127.1", 587, .required),
    ("smtp://localhost.example", "localhost.example", 587, .required),
  ])
  func `TLS is required unless the host is this machine or the URL says none`(
    text: String, host: String, port: UInt16, tls: SMTPEndpoint.Protection
  ) throws {
    #expect(try endpoint(text) == SMTPEndpoint(host: host, port: port, tls: tls, ehloName: "e"))
  }

  @Test(arguments: [
    ("u:p", "u", "p"), ("u%40x:p%3a%2F%3F%23%25", "u@x", "p:/?#%"), ("u:a:b", "u", "a:b"),
    ("%C3%A9:%e2%82%ac", "é", "€"), ("u:+", "u", "+"),
  ])
  func `user and password are percent-decoded`(login: String, user: String, password: String) throws
  {
    #expect(
      try endpoint("smtps://\(login)@mail.example").credentials
        == SMTPCredentials(username: user, password: password))
  }

  @Test(arguments: [
    "", "mail.example", "smtp:mail.example", "smtp:/mail.example", "http://mail.example",
    "smtp://", "smtp:///", "smtp://:25", "smtp://mail.example:", "smtp://mail.example:0",
    "smtp://mail.example:65536", "smtp://mail.example:+25", "smtp://mail.example:2 5",
    "smtp://mail.example:99999999999999999999", "smtp://mail.example/path", "smtp://mail.example#x",
    "smtp://[::1", "smtp://[::1]25", "smtp://::1", "smtp://[mail.example]", "smtp://mail_ö.example",
    "smtp://mail%2eexample", "smtp://@mail.example", "smtp://u@mail.example",
    "smtp://u:@mail.example",
    "smtp://:p@mail.example", "smtp://u:hunter2@x@mail.example", "smtp://u:hunter2%@mail.example",
    "smtp://u:hunter2%4@mail.example", "smtp://u:hunter2%zz@mail.example",
    "smtp://u:hunter2%00@mail.example", "smtp://u:hunter2%0a@mail.example",
    "smtp://u:hunter2%ff@mail.example", "smtp://u:hunter2?@mail.example",
    "smtp://u:hunter2#@mail.example", "smtp://u:hunter2/@mail.example",
    "smtp://u:hunter2 @m.example",
    "smtp://m.example?", "smtp://m.example?tls", "smtp://m.example?tls=",
    "smtp://m.example?tls=maybe",
    "smtp://m.example?tls=none&tls=none", "smtp://m.example?TLS=none", "smtp://m.example?verify=no",
    "smtp://m.example?tls=none&", "smtps://m.example?tls=none", "smtp://localhost?ca=/x",
    "smtp://m.example?tls=none&ca=/x", "smtp://m.example?ehlo=a%20b",
    "smtp://m.example?ehlo=a%0d%0aMAIL",
    "smtp://m.example?timeout=0s", "smtp://m.example?timeout=901s", "smtp://m.example?timeout=60",
    "sendgrid://key@x", "ses://x", "mailgun://x", "postmark://x", "resend://x", "webhook+https://x",
  ])
  func `everything else is refused, and nothing of it is repeated`(text: String) {
    let problem = problem(text)
    #expect(problem != nil)
    #expect(problem?.contains("hunter2") == false)
    #expect(problem?.contains("m.example") == false)
  }

  @Test(arguments: ["1s", "900s", "15m"])
  func `a timeout is 1 second to 15 minutes`(text: String) throws {
    #expect(try TransportURL("smtp://m.example?timeout=\(text)").timeout.seconds > 0)
  }

  @Test func `the timeout is six minutes where none is given`() throws {
    #expect(try TransportURL("smtp://m.example").timeout.seconds == 360)
  }

  @Test func `a transport of a later version is named`() {
    #expect(
      problem("sendgrid://secret-key")
        == "mail transport: sendgrid:// is not supported by this version")
  }

  @Test func `no description shows user or password`() throws {
    let url = try TransportURL("smtp://ursula:hunter2@mail.example?ehlo=a.example")
    #expect(url.description == "smtp://<redacted>@mail.example:587?tls=required")
    var dumped = ""
    dump(url, to: &dumped)
    for text in ["\(url)", String(reflecting: url), dumped] {
      #expect(!text.contains("hunter2") && !text.contains("ursula"))
    }
  }

  @Test(arguments: [
    ("smtps://[::1]", "smtps://[::1]:465"), ("smtp://localhost", "smtp://localhost:587?tls=none"),
  ])
  func `a description says where mail goes and how it is protected`(text: String, shown: String)
    throws
  {
    #expect(try TransportURL(text).description == shown)
  }
}
