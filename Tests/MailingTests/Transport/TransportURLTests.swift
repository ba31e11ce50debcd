import PasswordReset
import Testing
import Transfer

@testable import Mailing

func transportProblem(_ text: String) -> String? {
  do throws(MailingError) {
    _ = try TransportURL(text)
    return nil
  } catch { return error.description }
}

/// URLs of mail servers.
struct SMTPURLTests {
  private func endpoint(_ text: String) throws -> SMTPEndpoint {
    try #require(try TransportURL(text).provider as? SMTP).endpoint(ehloName: "e")
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
    ("plain", SMTPMechanism.plain), ("login", .login), ("xoauth2", .xoauth2),
  ])
  func `the mechanism may be chosen, and the password be in a file`(
    name: String, mechanism: SMTPMechanism
  ) throws {
    #expect(
      try endpoint("smtps://u:p@mail.example?auth=\(name)").credentials
        == SMTPCredentials(username: "u", password: "p", mechanism: mechanism))
    let withFile = try endpoint("smtps://u@mail.example?auth=\(name)&password_file=/etc/token")
    #expect(
      withFile.credentials == SMTPCredentials(username: "u", password: "", mechanism: mechanism))
    #expect(withFile.passwordFile == "/etc/token")
  }

  @Test func `the greeting of the URL goes before the general one`() throws {
    #expect(try endpoint("smtp://m.example?ehlo=a.example").ehloName == "a.example")
    #expect(try endpoint("smtp://m.example").ehloName == "e")
  }

  @Test(arguments: [
    "", "mail.example", "smtp:mail.example", "smtp:/mail.example", "http://mail.example",
    "smtp://", "smtp:///", "smtp://:25", "smtp://mail.example:", "smtp://mail.example:0",
    "smtp://mail.example:65536", "smtp://mail.example:+25", "smtp://mail.example:2 5",
    "smtp://mail.example:99999999999999999999", "smtp://mail.example/path", "smtp://mail.example#x",
    "smtp://[::1", "smtp://[::1]25", "smtp://::1", "smtp://[mail.example]", "smtp://mail_ö.example",
    "smtp://mail%2eexample", "smtp://@mail.example", "smtp://u@mail.example",
    "smtp://u:@mail.example", "smtp://u:hunter2@", "smtp://mail.example//",
    "smtp://:p@mail.example", "smtp://u:hunter2@x@mail.example", "smtp://u:hunter2%@mail.example",
    "smtp://u:hunter2%4@mail.example", "smtp://u:hunter2%zz@mail.example",
    "smtp://u:hunter2%00@mail.example", "smtp://u:hunter2%0a@mail.example",
    "smtp://u:hunter2%ff@mail.example", "smtp://u:hunter2?@mail.example",
    "smtp://u:hunter2#@mail.example", "smtp://u:hunter2/@mail.example",
    "smtp://u:hunter2 @m.example", "smtp://hunter2%zz:p@m.example",
    "smtp://m.example?", "smtp://m.example?tls", "smtp://m.example?tls=",
    "smtp://m.example?tls=maybe",
    "smtp://m.example?tls=none&tls=none", "smtp://m.example?TLS=none", "smtp://m.example?verify=no",
    "smtp://m.example?tls=none&", "smtps://m.example?tls=none", "smtp://localhost?ca=/x",
    "smtp://m.example?tls=none&ca=/x", "smtp://m.example?ehlo=a%20b",
    "smtp://m.example?ehlo=a%0d%0aMAIL",
    "smtp://m.example?timeout=0s", "smtp://m.example?timeout=901s", "smtp://m.example?timeout=60",
    "smtp://m.example?auth=plain", "smtp://u:hunter2@m.example?auth=cram-md5",
    "smtp://u:hunter2@m.example?auth=PLAIN", "smtp://m.example?password_file=/x",
    "smtp://u:hunter2@m.example?password_file=/x", "smtp://u@m.example?auth=xoauth2",
    "smtp://m.example?key_file=/x", "smtp://m.example?domain=m.example",
  ])
  func `everything else is refused, and nothing of it is repeated`(text: String) {
    let problem = transportProblem(text)
    #expect(problem != nil)
    #expect(problem?.contains("hunter2") == false)
    #expect(problem?.contains("m.example") == false)
  }

  @Test(arguments: ["1s", "900s", "15m"])
  func `a timeout is 1 second to 15 minutes`(text: String) throws {
    #expect(try TransportURL("smtp://m.example?timeout=\(text)").provider.timeout.seconds > 0)
    #expect(try TransportURL("resend://k@?timeout=\(text)").provider.timeout.seconds > 0)
  }

  @Test func `without one a mail server has six minutes and an API half a one`() throws {
    #expect(try TransportURL("smtp://m.example").provider.timeout.seconds == 360)
    #expect(try TransportURL("sendgrid://k@").provider.timeout.seconds == 30)
  }

  @Test func `no description shows user or password`() throws {
    let url = try TransportURL("smtp://ursula:hunter2@mail.example?ehlo=a.example")
    #expect(url.description == "smtp://<redacted>@mail.example:587?tls=required")
    var dumped = ""
    dump(url, to: &dumped)
    dump(url.provider, to: &dumped)
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
