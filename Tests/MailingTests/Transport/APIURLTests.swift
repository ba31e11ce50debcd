import PasswordReset
import Testing

@testable import Mailing

/// URLs of HTTP APIs.
struct APIURLTests {
  @Test(arguments: [
    ("sendgrid://hunter2@", "sendgrid", "sendgrid://<redacted>@api.sendgrid.com"),
    ("SendGrid://hunter2@/", "sendgrid", "sendgrid://<redacted>@api.sendgrid.com"),
    ("sendgrid://?key_file=/k", "sendgrid", "sendgrid://api.sendgrid.com"),
    (
      "sendgrid://hunter2@api.eu.sendgrid.com:8443", "sendgrid",
      "sendgrid://<redacted>@api.eu.sendgrid.com:8443"
    ),
    (
      "mailgun://hunter2@?domain=mg.example.org", "mailgun",
      "mailgun://<redacted>@api.mailgun.net"
    ),
    ("postmark://hunter2@", "postmark", "postmark://<redacted>@api.postmarkapp.com"),
    (
      "postmark://hunter2@?stream=outbound", "postmark",
      "postmark://<redacted>@api.postmarkapp.com"
    ),
    ("resend://hunter2@", "resend", "resend://<redacted>@api.resend.com"),
    (
      "ses://hunter2:hunter2%2Fx@?region=eu-west-1", "ses",
      "ses://<redacted>@email.eu-west-1.amazonaws.com"
    ),
    (
      "ses://hunter2@email.us-east-2.amazonaws.com?key_file=/k", "ses",
      "ses://<redacted>@email.us-east-2.amazonaws.com"
    ),
    (
      "ses://hunter2:s@127.0.0.1:9?region=eu-west-1&tls=none&configuration_set=a_b-1", "ses",
      "ses://<redacted>@127.0.0.1:9?tls=none"
    ),
    (
      "webhook+https://app.example:8443/hunter2?secret_file=/s", "webhook+https",
      "webhook+https://app.example:8443"
    ),
    (
      "webhook+https://[::1]:9?secret_file=/s&tls=none", "webhook+https",
      "webhook+https://[::1]:9?tls=none"
    ),
    ("resend://hunter2@localhost?tls=none", "resend", "resend://<redacted>@localhost?tls=none"),
    ("resend://hunter2@?ca=/ca.pem&tls=required", "resend", "resend://<redacted>@api.resend.com"),
  ])
  func `a URL names the provider, and its description no key`(
    text: String, scheme: String, shown: String
  ) throws {
    let url = try TransportURL(text)
    #expect(url.scheme == scheme)
    #expect(url.description == shown)
    var dumped = ""
    dump(url, to: &dumped)
    dump(url.provider, to: &dumped)
    for text in ["\(url)", String(reflecting: url), dumped] {
      #expect(!text.contains("hunter2"))
    }
  }

  @Test(arguments: [
    "sendgrid://", "sendgrid://hunter2", "sendgrid://api.sendgrid.com", "sendgrid://@",
    "sendgrid://hunter2:x@", "sendgrid://hunter2:@", "sendgrid://hunter2@?key_file=/k",
    "sendgrid://hunter2%20@", "sendgrid://hunter2%C3%A9@", "sendgrid://hunter2@:443",
    "sendgrid://hunter2@a@b", "sendgrid://hunter2@api.sendgrid.com/v3", "sendgrid://hunter2/@",
    "sendgrid://hunter2@?key_file", "sendgrid://?key_file=", "sendgrid://hunter2@?domain=x",
    "sendgrid://hunter2@?ehlo=x", "sendgrid://hunter2@?secret_file=/s",
    "sendgrid://hunter2@?timeout=0s", "sendgrid://hunter2@?timeout=901s",
    "sendgrid://hunter2@api.example?tls=none", "sendgrid://hunter2@?tls=none",
    "sendgrid://hunter2@127.0.0.1.example?tls=none", "sendgrid://hunter2@10.0.0.1?tls=none",
    "sendgrid://hunter2@localhost?tls=none&ca=/x",
    "mailgun://hunter2@", "mailgun://hunter2@?domain=", "mailgun://hunter2@?domain=a/b",
    "mailgun://hunter2@?domain=a%0d%0a", "mailgun://?domain=mg.example.org",
    "postmark://hunter2@?stream=a.b", "postmark://hunter2@?stream=a%20b",
    "ses://hunter2:s@", "ses://hunter2:s@vpce.example", "ses://hunter2:s@?region=eu_west",
    "ses://hunter2:s@email.eu-west-1.amazonaws.com?region=eu-west-2",
    "ses://hunter2@?region=eu-west-1", "ses://?region=eu-west-1&key_file=/k",
    "ses://hunter2:s@?region=eu-west-1&key_file=/k", "ses://:hunter2@?region=eu-west-1",
    "ses://hunter2:s@?region=eu-west-1&configuration_set=a.b",
    "ses://hunter2:s@?region=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "webhook+https://app.example/hunter2", "webhook+https:///hunter2?secret_file=/s",
    "webhook+https://hunter2@app.example/?secret_file=/s",
    "webhook+https://app.example/?secret_file=/s&token=hunter2",
    "webhook+https://app.example/?secret_file=/s&tls=none",
    "webhook+https://app.example/#hunter2", "webhook+http://localhost/?secret_file=/s",
    "webhook://app.example/hunter2?secret_file=/s", "https://app.example/hunter2",
  ])
  func `everything else is refused, and nothing of it is repeated`(text: String) {
    let problem = transportProblem(text)
    #expect(problem != nil)
    #expect(problem?.contains("hunter2") == false)
    #expect(problem?.hasPrefix("mail transport: ") == true)
  }

  @Test(arguments: [(64, true), (65, false)])
  func `a configuration set has at most 64 characters`(count: Int, isTaken: Bool) {
    let name = String(repeating: "s", count: count)
    let url = "ses://a:s@?region=eu-west-1&configuration_set=\(name)"
    #expect((transportProblem(url) == nil) == isTaken)
  }

  @Test(arguments: [
    ("sendgrid://secret-key", "the key stands before an @, or in key_file"),
    (
      "postmark://t@?domain=x", "a parameter is not one of stream, key_file, ca, timeout and tls"
    ),
    (
      "https://app.example/",
      "it must begin with "
        + TransportURL.schemes.dropLast().map { "\($0)://" }.joined(separator: ", ")
        + " or \(TransportURL.schemes.last ?? "")://"
    ),
    ("smtp://u:a b@m.example", Self.characters), ("smtp://u:a\\b@m.example", Self.characters),
    ("smtp://u:a@b@m.example", "@ in a user, password or key is written as %40"),
    ("smtp://u:@m.example", "before the @ stands nothing, or nothing beside the colon"),
    (
      "smtp://u:a%@m.example",
      "the user, password or key has a % that is not followed by the two hexadecimal digits of a "
        + "character; % itself is written as %25"
    ),
    ("smtp://u:a#b@m.example", Self.sign("#", "%23")),
    ("smtp://u@m.example#", Self.sign("#", "%23")),
    ("smtp://u:a?b@m.example", Self.sign("?", "%3F")),
    ("smtp://u:a/b@m.example", Self.sign("/", "%2F")),
    ("resend://k@/v3", "a path is not allowed; in a password or key / is written as %2F"),
    ("smtp://m.example:0", "the port is a number from 1 to 65535"),
    ("smtp://-m.example", "the host is no name or address"),
    ("smtp://", "the host is no name or address"),
    ("smtp://m.example?tls=no", "tls is none or required"),
    ("smtp://u:p@m.example?auth=no", "auth is plain, login or xoauth2"),
    ("smtp://m.example?timeout=1h", "timeout is a time from 1s to 15m"),
    ("mailgun://k@", "mailgun:// needs domain"),
  ])
  func `a refusal says what to do`(url: String, problem: String) {
    #expect(transportProblem(url) == "mail transport: \(problem)")
  }

  private static let characters =
    "spaces, backslashes, control and non-ASCII characters must be written as %XX"

  private static func sign(_ sign: String, _ escape: String) -> String {
    "\(sign) is not allowed; in a password or key it is written as \(escape)"
  }
}
