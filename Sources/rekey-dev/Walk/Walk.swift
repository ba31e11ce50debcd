import Cryptography
import Formats
import Foundation
import ServiceLifecycle

/// One whole reset without a person, over real HTTP and real SMTP, each step asserted and shown.
/// First as a main app makes the calls, then as somebody with a browser goes through the demo app.
struct Walk: Sendable {
  let place: Place
  let http: HTTPClient

  /// - Returns: how many steps held; all of them.
  func run() async throws -> Int {
    let report = WalkReport()
    try report.title("As a main app, with \(Operator.caller)'s key at \(place.programs):")
    try await asMainApp(report)
    try report.title("As a person, at \(place.app):")
    try await asPerson(report)
    return report.held
  }

  /// An address that nobody had before, so that no limit is used up.
  func newAddress() throws -> String { "walk-\(try Self.random(4))@example.com" }

  /// How logs show such an address.
  let masked = "w***@example.com"

  static func random(_ count: Int) throws -> String {
    Hex.encode(try SecureRandom.bytes(count))
  }

  // MARK: Mail

  private struct Mail: Decodable {
    let subject: String
    let text, html: String?
  }

  private func mails(to address: String) async throws -> [Mail] {
    let answer = try await http.get("\(place.mailbox)/api/mails?to=\(address)")
    try answer.expect(200)
    return try JSONDecoder().decode([Mail].self, from: answer.body)
  }

  /// Waits until there are that many mails to the address.
  private func mails(to address: String, atLeast count: Int) async throws -> [Mail] {
    let end = ContinuousClock.now + .seconds(10)
    while true {
      let mails = try await mails(to: address)
      if mails.count >= count { return mails }
      try expect(ContinuousClock.now < end, "\(count) within 10 s", "\(mails.count)")
      // A mailbox tells nobody of a mail.
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  /// The first mail to the address, and the token of its link.
  func receiveMail(
    to address: String, askedAt start: ContinuousClock.Instant
  ) async throws -> (token: String, seen: String) {
    let mail = try await mails(to: address, atLeast: 1)[0]
    let wait = Int(((ContinuousClock.now - start) / .milliseconds(1)).rounded())
    let link = "\(place.people)/reset/verify?token="
    guard let found = ((mail.text ?? "") + "\n").between(link, "\n") else {
      throw Unmet(expected: "a link to \(place.people)/reset/verify", seen: "none")
    }
    let token = String(found.prefix { $0.isASCII && !$0.isWhitespace })
    try expect(token.utf8.count == 72, "a token of 72 characters", "\(token.utf8.count)")
    try expect(
      (mail.html ?? "").contains(link + token), "the same link in the HTML part", "another or none")
    return (token, "\"\(mail.subject)\" to \(masked), here \(wait) ms after the request")
  }

  func countMails(to address: String, expecting count: Int) async throws -> String {
    let seen = try await mails(to: address, atLeast: count).count
    try expect(seen == count, "\(count)", "\(seen)")
    return "\(seen), one for each accepted request"
  }

  // MARK: The link

  func link(_ token: String) -> String { "\(place.people)/reset/verify?token=\(token)" }

  /// - Returns: where a live link leads.
  func openLink(_ token: String) async throws -> (target: String, seen: String) {
    let answer = try await http.get(link(token))
    try answer.expect(303)
    let target = "\(place.app)/new-password?token="
    try expect(
      answer.header("Location") == target + token, "a redirect to \(target)…", "another or none")
    return (target + token, "303 to \(target)…")
  }
}

/// The walk once everything answers; its end is the end of everything.
struct WalkService: Service {
  let readiness: Readiness
  let walk: Walk

  func run() async throws {
    let held = try await cancelWhenGracefulShutdown {
      try await readiness.wait()
      return try await walk.run()
    }
    try Terminal.output("all \(held) steps held")
  }
}
