import HTTPTypes
import PasswordReset
import StoreContract
import Testing

@testable import Web

@Suite struct `The parameter token` {
  @Test(arguments: [
    ("token=abc", "abc"), ("utm_source=x&token=abc&utm_medium=y", "abc"), ("&&token=abc&", "abc"),
    ("token=", ""), ("token=a=b", "a=b"), ("xtoken=1&token=abc", "abc"),
    ("token2=1&token=abc", "abc"),
    ("Token=1&token=abc", "abc"), ("token[]=1&token=abc", "abc"),
  ])
  func `is found where it stands exactly once`(query: String, value: String) {
    #expect(query[...].onlyValue(of: "token") == value)
  }

  @Test(arguments: [
    "", "x", "tokens=abc", "xtoken=abc", "TOKEN=abc", " token=abc", "token", "token%3Dabc",
    "token=abc&token=abc", "token=abc&token=def", "token=&token=abc", "token&token=abc",
    "x=1;token=abc",
    "%74oken=abc", "token[]=abc", "token\u{301}=abc",
  ])
  func `is missing where it stands not at all, twice or under another name`(query: String) {
    #expect(query[...].onlyValue(of: "token") == nil)
  }

  @Test(arguments: ["%41%42", "a%2", "a%zz", "a+b", "%00", "caf\u{e9}", "a%20"])
  func `is taken as it was sent, so that a token has one spelling`(value: String) {
    let found = "token=\(value)"[...].onlyValue(of: "token")
    #expect(found.map { Array($0.utf8) } == Array(value.utf8))
  }

  @Test func `begins at its first byte, whatever combines with the equals sign`() {
    let found = "token=\u{301}x"[...].onlyValue(of: "token")
    #expect(found.map { Array($0.utf8) } == Array("\u{301}x".utf8))
    #expect("a=\u{301}&token=x"[...].onlyValue(of: "token") == "x")
    #expect("a&\u{301}b&token=x"[...].onlyValue(of: "token") == "x")
  }
}

@Suite struct `Opening a link` {
  @Test func `sends a live token on to the configured page and changes nothing`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    for method in [HTTPRequest.Method.get, .head, .get] {
      let answer = try await site.send(method, "/reset/verify?token=\(token)", at: .public)
      #expect(answer.status == 303)
      #expect(answer.headers[.location] == "https://app.example.com/new?token=\(token)")
      #expect(answer.body.isEmpty)
    }
  }

  @Test(arguments: [
    "", "?", "?token", "?token=", "?token=x", "?Token=LIVE", "?token=LIVE&token=LIVE",
    "?token=x&token=LIVE", "?token=LIVE%20", "?token=LIVEx", "?%74oken=LIVE", "?token=%LIVE",
    "??token=LIVE", "?token=LIVE#",
  ])
  func `answers one page to everything that is no token`(query: String) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let query = query.split(separator: "LIVE", omittingEmptySubsequences: false)
      .joined(separator: token)
    let answer = try await site.open("/reset/verify" + query)
    #expect(answer.status == 404)
    #expect(answer.body == (try await site.open("/reset/verify?token=guess")).body)
    #expect(!answer.body.hasBytes(token))
  }

  @Test(arguments: [
    "//reset//verify", "/reset/verify/", "/Reset/verify", "/reset/verify%2f", "/reset/%76erify",
    "/reset/./verify", "/x/../reset/verify", "/reset/verify;a", "/reset/verify\u{301}", "/", "",
  ])
  func `works under one path only`(path: String) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    #expect(try await site.open("\(path)?token=\(token)").status == 404)
  }

  @Test(arguments: [
    "utm=1&token=LIVE", "token=LIVE&utm=%ff&x", "a=?&token=LIVE", "\u{301}&token=LIVE",
  ])
  func `ignores what mail gateways add`(query: String) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let query = query.split(separator: "LIVE", omittingEmptySubsequences: false)
      .joined(separator: token)
    #expect(try await site.open("/reset/verify?\(query)").status == 303)
  }

  @Test func `is alive to the last moment before its expiry and not at it`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    site.store.advance(by: .seconds(1800) - .microseconds(1))
    #expect(try await site.open("/reset/verify?token=\(token)").status == 303)
    site.store.advance(by: .microseconds(1))
    let dead = try await site.open("/reset/verify?token=\(token)")
    #expect(dead.status == 410)
    #expect(dead.body.hasBytes("has expired"))
    #expect(dead.body.hasBytes("name=\"token\" value=\"\(token)\""))
  }

  @Test func `tells a used link, and when, from a revoked one`() async throws {
    let site = try Site()
    let (used, revoked) = (
      try await site.contract.mail(), try await site.contract.mail(Ask("b@x.test"))
    )
    _ = try await site.contract.consume(used)
    let address = try TestVault.address("b@x.test")
    #expect(try await site.contract.invalidate(.address(address)) == 1)
    let first = try await site.open("/reset/verify?token=\(try site.vault.mint(.reset, for: used))")
    let second = try await site.open(
      "/reset/verify?token=\(try site.vault.mint(.reset, for: revoked))")
    #expect([first.status, second.status] == [410, 410])
    #expect(first.body.hasBytes("used on 21 November 2026 at 09:30 UTC"))
    #expect(second.body.hasBytes("withdrawn on 21 November 2026 at 09:30 UTC"))
  }

  @Test func `offers no button where the request is no longer kept`() async throws {
    let site = try Site()
    let long = Timestamp(microseconds: 1_700_000_000_000_000)
    let id = try #require(RequestID(at: long, random: Array(repeating: 7, count: 10)))
    let dead = try await site.open("/reset/verify?token=\(try site.vault.mint(.reset, for: id))")
    #expect(dead.status == 410)
    #expect(!dead.body.hasBytes("<form"))
  }

  @Test func `asks the store nothing about a token that was not made here`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let calls = site.store.calls
    let other = token.utf8.last == UInt8(ascii: "A") ? "B" : "A"
    _ = try await site.open("/reset/verify?token=\(token.dropLast())\(other)")
    _ = try await site.open("/reset/verify?token=\(String(repeating: "A", count: 72))")
    #expect(site.store.calls == calls)
    _ = try await site.open("/reset/verify?token=\(token)")
    #expect(site.store.calls == calls + 1)
  }
}
