import Formats
import MailSink
import PasswordReset
import Transfer

/// The calls of a main app on the internal listener, and the link that a person opens between.
extension Walk {
  func asMainApp(_ report: WalkReport) async throws {
    let address = try newAddress()
    let start = ContinuousClock.now
    let id = try await report.step("request") { try await request(address) }
    let token = try await report.step("mail") {
      try await receiveMail(to: address, askedAt: start)
    }
    try await report.step("status") { try await status(of: id) }
    _ = try await report.step("link opened") { try await openLink(token) }
    try await report.step("verify") { try await verify(token, id) }
    let attempt = try Self.random(16)
    try await report.step("consume") { try await consume(token, id, attempt) }
    try await report.step("consume, the answer lost") { try await repeatConsume(token, attempt) }
    try await report.step("second consume") { try await consumeAgain(token) }
    try await report.step("the link again") { try await openDeadLink(token) }
    try await report.step("over the limit") { try await askTooOften(address) }
    try await report.step("mails in all") { try await countMails(to: address) }
  }

  private func post(
    _ path: String, _ body: JSONObject, attempt: String? = nil
  ) async throws -> HTTPAnswer {
    try await http.post(
      place.programs + path, json: body, key: place.callerKey, attempt: attempt)
  }

  private func request(_ address: String) async throws -> Seen<String> {
    let answer = try await post("/reset/request", ["email": .string(address)])
    try answer.expect(202)
    let id = try answer.string("request_id")
    return Seen("202, request \(id) for \(masked(address))", id)
  }

  private func status(of id: String) async throws -> Seen<Void> {
    // The mail is here before its sender has heard so and written it down.
    var seen = ""
    let end = ContinuousClock.now + .seconds(5)
    while seen != "sent", ContinuousClock.now < end {
      let answer = try await http.get(
        "\(place.programs)/reset/requests/\(id)", key: place.callerKey)
      try answer.expect(200)
      seen = try answer.string("status")
    }
    try expect(seen == "sent", "sent", seen)
    return Seen("200, \(seen)")
  }

  private func verify(_ token: String, _ id: String) async throws -> Seen<Void> {
    let answer = try await post("/reset/verify", ["token": .string(token)])
    try answer.expect(200)
    let (status, found) = (try answer.string("status"), try answer.string("request_id"))
    try expect(status == "live" && found == id, "live, request \(id)", "\(status), \(found)")
    let (email, end) = (try answer.string("email"), try answer.string("expires_at"))
    return Seen("200, \(status) for \(masked(email)) until \(end)")
  }

  private func consume(_ token: String, _ id: String, _ attempt: String) async throws -> Seen<Void>
  {
    let answer = try await post("/reset/consume", ["token": .string(token)], attempt: attempt)
    try answer.expect(200)
    let found = try answer.string("request_id")
    try expect(found == id, "request \(id)", found)
    return Seen("200, used up at \(try answer.string("consumed_at"))")
  }

  private func repeatConsume(_ token: String, _ attempt: String) async throws -> Seen<Void> {
    let answer = try await post("/reset/consume", ["token": .string(token)], attempt: attempt)
    try answer.expect(200)
    return Seen("200 once more, with the same Idempotency-Key")
  }

  private func consumeAgain(_ token: String) async throws -> Seen<Void> {
    let answer = try await post("/reset/consume", ["token": .string(token)])
    try answer.expect(409, "token_used")
    return Seen("409 token_used")
  }

  private func openDeadLink(_ token: String) async throws -> Seen<Void> {
    let answer = try await http.get(link(token))
    try answer.expect(410)
    let heading = answer.heading ?? "no heading"
    try expect(heading == "This link has been used", "the cause: used", heading)
    return Seen("410, a page that says \"\(heading)\"")
  }

  /// The narrowest limit is the first.
  private func askTooOften(_ address: String) async throws -> Seen<Void> {
    let limit = try narrowestLimit
    for _ in 1..<limit.count {
      try await post("/reset/request", ["email": .string(address)]).expect(202)
    }
    let refused = try await post("/reset/request", ["email": .string(address)])
    try refused.expect(429, "rate_limited")
    let wait = refused.header("retry-after").flatMap(Int64.init) ?? 0
    try expect(
      (1...limit.window.seconds).contains(wait), "Retry-After of 1 to \(limit.window.seconds) s",
      "\(wait)")
    return Seen(
      "\(limit.count) accepted within \(limit.window), then 429 with Retry-After: \(wait)")
  }

  private func countMails(to address: String) async throws -> Seen<Void> {
    let limit = try narrowestLimit
    for _ in 1..<limit.count { _ = try await sink.next(to: address, within: .seconds(10)) }
    let count = sink.mails.count { $0.isAddressed(to: address) }
    try expect(count == limit.count, "\(limit.count)", "\(count)")
    return Seen("\(count), one for each accepted request")
  }

  private var narrowestLimit: RateLimit {
    get throws {
      guard let limit = settings.common.addressLimits.limits.first else {
        throw Unmet(expected: "a limit", seen: "none configured")
      }
      return limit
    }
  }
}
