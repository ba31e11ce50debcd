import Foundation
import HTTPTypes
import Testing

@testable import DemoApp

func object(_ json: String) throws -> [String: Any] {
  try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
}

/// What users read when Rekey says no.
struct RefusalTests {
  @Test(arguments: [
    (404, "token_invalid", 404, "not valid"), (409, "token_used", 409, "used already"),
    (409, "account_changed", 409, "changed after"), (410, "token_replaced", 410, "newer link"),
    (410, "token_expired", 410, "too old"), (410, "token_revoked", 410, "withdrawn"),
    (503, "unavailable", 503, "try again"), (401, "unauthorized", 503, "try again"),
    (404, "", 503, "try again"), (200, "", 503, "try again"), (500, "", 503, "try again"),
  ])
  func `a link that does not work says why, and a fault is never a verdict`(
    status: Int, code: String, shown: Int, text: String
  ) async throws {
    try await Setup.run { setup in
      setup.rekey.force("/reset/verify", status: status, code: code)
      let answer = try await setup.browser.openLink()
      #expect(answer.status == shown && answer.body.contains(text))
      #expect(answer.body.contains("href=\"/forgot\""))
      #expect(answer.headers.value("Referrer-Policy") == "no-referrer")
    }
  }

  @Test(arguments: [
    ("1", "1 minute"), ("60", "1 minute"), ("61", "2 minutes"), ("900", "15 minutes"),
    ("0", "1 minute"), ("soon", "1 minute"),
  ])
  func `too many requests say when to come back`(seconds: String, shown: String) async throws {
    try await Setup.run { setup in
      setup.rekey.force(
        "/reset/request", status: 429, code: "rate_limited",
        headers: [("retry-after", seconds)])
      let known = try await setup.browser.forgot()
      let unknown = try await setup.browser.forgot("nobody@example.com")
      #expect(known.status == 429 && known.body.contains("Try again in \(shown)."))
      #expect(known.body == unknown.body && known.headers == unknown.headers)
    }
  }

  @Test func `a typing error and an outage are told apart on the forgot page`() async throws {
    try await Setup.run { setup in
      let early = try await setup.browser.forgot("not an address")
      #expect(early.status == 422 && setup.rekey.calls.isEmpty)
      setup.rekey.force("/reset/request", status: 422, code: "email_invalid")
      let slip = try await setup.browser.forgot("<b>\"x@b.test")
      #expect(slip.status == 422 && slip.body.contains("is not an e-mail address"))
      #expect(slip.body.contains("value=\"&lt;b&gt;&quot;x@b.test\""))
      setup.rekey.heal()
      setup.rekey.loseAnswers("/reset/request")
      let outage = try await setup.browser.forgot()
      #expect(outage.status == 503 && outage.headers[.retryAfter] == "60")
    }
  }

  @Test(arguments: [
    "/new-password", "/new-password?token=", "/new-password?token=a&token=b",
    "/new-password?token=%00", "/new-password?token=" + String(repeating: "x", count: 513),
  ])
  func `a link without one token is not valid`(path: String) async throws {
    try await Setup.run { setup in
      let answer = try await setup.browser.get(path)
      #expect(answer.status == 404 && setup.rekey.calls.isEmpty)
    }
  }

  @Test func `a form that this page did not make is refused`() async throws {
    try await Setup.run { setup in
      let fields = [("token", FakeRekey.token), ("attempt", "short"), ("password", "long enough")]
      let answer = try await setup.browser.post("/new-password", fields)
      #expect(answer.status == 400)
      #expect(setup.rekey.calls.isEmpty)
    }
  }
}
