import HTTPTypes
import Testing

@testable import DemoApp

/// Accounts, sessions and what every page has in common.
struct PageTests {
  @Test func `signing up signs in, and an address is taken in any case`() async throws {
    try await Setup.run { setup in
      let browser = setup.browser
      let fields = [("email", "Grace@example.com"), ("password", "long enough")]
      #expect(try await browser.post("/sign-up", fields).status == 303)
      #expect(try await browser.get("/").heading == "Signed in as Grace@example.com")
      #expect(try await browser.post("/sign-out", []).status == 303)
      #expect(try await browser.get("/").heading == "Demo app")
      let again = try await browser.post(
        "/sign-up", [("email", "grace@EXAMPLE.com"), ("password", "long enough")])
      #expect(again.status == 422 && again.body.contains("There is an account"))
    }
  }

  @Test(arguments: ["", "x", "@x", "x@", "a@b@c", "a b@c", "a@b\n"])
  func `what cannot be an address is refused`(email: String) async throws {
    try await Setup.run { setup in
      let fields = [("email", email), ("password", "long enough")]
      let answer = try await setup.browser.post("/sign-up", fields)
      #expect(answer.status == 422)
    }
  }

  @Test(arguments: [("7 chars", false), ("8 charss", true)])
  func `a password has 8 characters at least`(password: String, isTaken: Bool) {
    #expect(isAcceptable(password: password) == isTaken)
  }

  @Test(arguments: [(256, true), (257, false)])
  func `a password has 256 octets at most`(octets: Int, isTaken: Bool) {
    #expect(isAcceptable(password: String(repeating: "x", count: octets)) == isTaken)
  }

  @Test func `a wrong password and an unknown address are answered alike`() async throws {
    try await Setup.run { setup in
      let wrong = try await setup.browser.signIn("ada@example.com", "wrong")
      let unknown = try await setup.browser.signIn("bob@example.com", "wrong")
      #expect(wrong.status == 422 && unknown.status == 422)
      #expect(
        wrong.body.replacing("ada@", with: "") == unknown.body.replacing("bob@", with: ""))
    }
  }

  @Test func `a session cookie is new at each sign-in and hidden from scripts`() async throws {
    try await Setup.run { setup in
      let browser = setup.browser
      browser.cookie = "demo_session=planted"
      let first = try await browser.signIn()
      let set = try #require(first.headers[.setCookie])
      #expect(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"))
      let old = browser.cookie
      #expect(old != "demo_session=planted")
      _ = try await browser.signIn()
      #expect(browser.cookie != old)
      browser.cookie = old
      #expect(try await browser.get("/").heading == "Demo app")
    }
  }

  @Test func `a session ends after its lifetime and not before`() async throws {
    let clock = TestClock()
    let sessions = SessionStore(random: { [UInt8](repeating: 1, count: $0) }, now: { clock.now })
    let id = await sessions.begin(for: "a")
    clock.advance(by: SessionStore.lifetime - .nanoseconds(1))
    #expect(await sessions.accountID(ofSession: id) == "a")
    clock.advance(by: .nanoseconds(1))
    #expect(await sessions.accountID(ofSession: id) == nil)
  }

  @Test(arguments: ["/", "/sign-in", "/sign-up", "/forgot", "/new-password?token=x", "/nowhere"])
  func `every page is private, framed by no one and loads nothing`(path: String) async throws {
    try await Setup.run { setup in
      let answer = try await setup.browser.get(path)
      #expect(answer.headers[.cacheControl] == "no-store")
      #expect(answer.headers[.xContentTypeOptions] == "nosniff")
      let policy = answer.headers[.contentSecurityPolicy] ?? ""
      #expect(policy.hasPrefix("default-src 'none';") && !policy.contains("script"))
      #expect(policy.contains("frame-ancestors 'none'"))
      #expect(answer.body.contains("<html lang=\"en\">"))
      #expect(answer.headers.value("Referrer-Policy") != nil)
      #expect(try await setup.browser.send(.head, path).status == answer.status)
    }
  }

  @Test(
    arguments: [
      ("same-origin", nil, 303), ("none", nil, 303), ("cross-site", nil, 403),
      ("same-site", nil, 403), ("cross-site", "http://app.test", 403),
      ("same-origin", "null", 303), (nil, "http://app.test", 303), (nil, "https://app.test", 303),
      (nil, "http://evil.test", 403), (nil, "null", 403), (nil, "http://app.test.evil", 403),
    ] as [(String?, String?, Int)])
  func `forms of other sites are refused`(
    site: String?, origin: String?, status: Int
  ) async throws {
    try await Setup.run { setup in
      var headers: HTTPFields = [:]
      if let site { headers.set("Sec-Fetch-Site", site) }
      if let origin { headers.set("Origin", origin) }
      let answer = try await setup.browser.post("/sign-out", [], headers: headers)
      #expect(answer.status == status)
    }
  }

  @Test func `a client that is no browser may send forms`() async throws {
    try await Setup.run { setup in
      let type: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
      let answer = try await setup.browser.send(.post, "/forgot", type, "email=ada%40example.com")
      #expect(answer.status == 200)
    }
  }

  @Test(arguments: [
    ("text/plain", "email=a", 415), ("application/x-www-form-urlencoded", "email=%zz", 400),
    ("application/x-www-form-urlencoded; charset=utf-8", "email=a&email=b", 400),
  ])
  func `what is no form is refused`(type: String, body: String, status: Int) async throws {
    try await Setup.run { setup in
      let answer = try await setup.browser.send(.post, "/forgot", [.contentType: type], body)
      #expect(answer.status == status)
    }
  }

  @Test(arguments: [(16_384, 200), (16_385, 413)])
  func `a form has 16 KiB at most`(octets: Int, status: Int) async throws {
    try await Setup.run { setup in
      let body = "email=a%40b&x=" + String(repeating: "x", count: octets - 14)
      let type: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
      let answer = try await setup.browser.send(.post, "/forgot", type, body)
      #expect(answer.status == status)
    }
  }
}
