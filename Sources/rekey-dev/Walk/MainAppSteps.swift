import Foundation

/// The calls of a main app on the internal listener, and the link that a person opens between.
extension Walk {
  func asMainApp(_ report: WalkReport) async throws {
    let (address, attempt) = (try newAddress(), try Self.random(16))
    var (id, token) = ("", "")
    let start = ContinuousClock.now
    try await report.step("request") {
      let answer = try await post("/reset/request", ["email": address])
      try answer.expect(202)
      id = try answer.string("request_id")
      return "202, request \(id) for \(masked)"
    }
    try await report.step("mail") {
      let mail = try await receiveMail(to: address, askedAt: start)
      token = mail.token
      return mail.seen
    }
    try await report.step("status") { try await status(of: id) }
    try await report.step("link opened") { try await openLink(token).seen }
    try await report.step("verify") { try await verify(token, id) }
    try await report.step("consume") { try await consume(token, id, attempt) }
    try await report.step("consume, the answer lost") {
      try await post("/reset/consume", ["token": token], attempt: attempt).expect(200)
      return "200 once more, with the same Idempotency-Key"
    }
    try await report.step("second consume") {
      try await post("/reset/consume", ["token": token]).expect(409, "token_used")
      return "409 token_used"
    }
    try await report.step("the link again") { try await openDeadLink(token) }
    try await report.step("over the limit") { try await askTooOften(address) }
    try await report.step("mails in all") {
      try await countMails(to: address, expecting: RekeyYAML.narrowestLimit.count)
    }
  }

  private var key: [String: String] { ["Authorization": "Bearer \(place.callerKey)"] }

  private func post(
    _ path: String, _ body: [String: String], attempt: String? = nil
  ) async throws -> HTTPAnswer {
    var headers = key
    headers["Content-Type"] = "application/json"
    headers["Idempotency-Key"] = attempt
    return try await http.post(
      place.programs + path, body: try JSONEncoder().encode(body), headers: headers)
  }

  private func status(of id: String) async throws -> String {
    // The mail is here before its sender has heard so and written it down.
    var seen = ""
    let end = ContinuousClock.now + .seconds(5)
    while seen != "sent", ContinuousClock.now < end {
      let answer = try await http.get("\(place.programs)/reset/requests/\(id)", headers: key)
      try answer.expect(200)
      seen = try answer.string("status")
    }
    try expect(seen == "sent", "sent", seen)
    return "200, \(seen)"
  }

  private func verify(_ token: String, _ id: String) async throws -> String {
    let answer = try await post("/reset/verify", ["token": token])
    try answer.expect(200)
    let (status, found) = (try answer.string("status"), try answer.string("request_id"))
    try expect(status == "live" && found == id, "live, request \(id)", "\(status), \(found)")
    _ = try answer.string("email")
    return "200, \(status) for \(masked) until \(try answer.string("expires_at"))"
  }

  private func consume(_ token: String, _ id: String, _ attempt: String) async throws -> String {
    let answer = try await post("/reset/consume", ["token": token], attempt: attempt)
    try answer.expect(200)
    let found = try answer.string("request_id")
    try expect(found == id, "request \(id)", found)
    return "200, used up at \(try answer.string("consumed_at"))"
  }

  private func openDeadLink(_ token: String) async throws -> String {
    let answer = try await http.get(link(token))
    try answer.expect(410)
    let heading = answer.heading
    try expect(heading == "This link has been used", "the cause: used", heading)
    return "410, a page that says \"\(heading)\""
  }

  private func askTooOften(_ address: String) async throws -> String {
    let (count, seconds) = RekeyYAML.narrowestLimit
    for _ in 1..<count { try await post("/reset/request", ["email": address]).expect(202) }
    let refused = try await post("/reset/request", ["email": address])
    try refused.expect(429, "rate_limited")
    let wait = refused.header("Retry-After").flatMap(Int.init) ?? 0
    try expect((1...seconds).contains(wait), "Retry-After of 1 to \(seconds) s", "\(wait)")
    return "\(count) accepted within \(seconds / 60)m, then 429 with Retry-After: \(wait)"
  }
}
