import Cryptography
import Formats
import MailSink
import PasswordReset
import ServiceLifecycle
import Transfer

/// One whole reset without a person, over real HTTP and real SMTP, each step asserted and shown.
/// First as a main app makes the calls, then as somebody with a browser goes through the demo app.
struct Walk: Sendable {
  let place: DevPlace
  let http: HTTPClient
  let sink: MailSink
  let settings: Settings

  /// - Returns: how many steps held; all of them.
  func run(_ report: WalkReport = WalkReport()) async throws -> Int {
    report.title("As a main app, with \(DevKeys.caller)'s key at \(place.programs):")
    try await asMainApp(report)
    report.title("As a person, at \(place.app):")
    try await asPerson(report)
    return report.held
  }

  /// An address that nobody had before, so that no limit is used up.
  func newAddress() throws -> String { "walk-\(try Self.random(4))@example.com" }

  static func random(_ count: Int) throws -> String {
    Hex.encode(try SecureRandom.bytes(count))
  }

  func masked(_ address: String) -> String {
    (try? EmailAddress(address, policy: settings.addresses))?.masked ?? "***"
  }

  /// The next mail to the address, and the token in its link.
  func receiveMail(to address: String, askedAt start: ContinuousClock.Instant) async throws
    -> Seen<String>
  {
    let mail = try await sink.next(to: address, within: .seconds(10))
    let token = try Self.token(in: mail.text ?? "", of: place.people)
    try expect(
      (mail.html ?? "").contains("\(place.people)/reset/verify?token=\(token)"),
      "the same link in the HTML part", "another or none")
    let wait = (mail.dataBeganAt - start) / .milliseconds(1)
    return Seen(
      "\"\(mail.subject)\" to \(masked(address)), begun \(Int(wait.rounded())) ms after the request",
      token)
  }

  /// The token of the one link in a text.
  static func token(in text: String, of base: String) throws -> String {
    let start = "\(base)/reset/verify?token="
    guard let found = (text + "\n").between(start, "\n") else {
      throw Unmet(expected: "a link to \(base)/reset/verify", seen: "none")
    }
    let token = String(found.prefix { $0.isASCII && !$0.isWhitespace })
    try expect(token.utf8.count == 72, "a token of 72 characters", "\(token.utf8.count)")
    return token
  }

  func link(_ token: String) -> String { "\(place.people)/reset/verify?token=\(token)" }

  /// Where a live link leads.
  func openLink(_ token: String) async throws -> Seen<String> {
    let answer = try await http.get(link(token))
    try answer.expect(303)
    let target = "\(place.app)/new-password?token="
    try expect(
      answer.header("location") == target + token, "a redirect to \(target)…", "another or none")
    return Seen("303 to \(target)…", target + token)
  }
}

/// The walk once everything answers; its end is the end of `rekey dev`.
struct WalkService: Service {
  let readiness: DevReadiness
  let walk: Walk

  func run() async throws {
    let held = try await cancelWhenGracefulShutdown {
      try await readiness.wait()
      return try await walk.run()
    }
    Standard.output("all \(held) steps held")
  }
}
