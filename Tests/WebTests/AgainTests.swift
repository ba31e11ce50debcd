import HTTPTypes
import Hummingbird
import NIOCore
import PasswordReset
import StoreContract
import Testing

@testable import Web

@Suite struct `The button on a dead link's page` {
  @Test func `mails a new link and says no more than that`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let answer = try await site.form("token=\(token)")
    #expect(answer.status == 202)
    #expect(site.store.messagesLeft == 1)
    #expect(!answer.body.hasBytes(token) && !answer.body.hasBytes("example"))
  }

  @Test(arguments: [
    "", "token=", "token=x", "Token=LIVE", "token=LIVE&token=LIVE", "token=LIVE&token=x",
    "token=LIVE%0A", "token=LIVE\r\n", "x=1", "%74oken=LIVE", "token=LIVE+", "\u{0}token=LIVE",
  ])
  func `answers the generic page without exactly one token of ours`(form: String) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let form = form.split(separator: "LIVE", omittingEmptySubsequences: false)
      .joined(separator: token)
    let answer = try await site.form(form)
    #expect(answer.status == 404)
    #expect(answer.body == (try await site.open("/reset/verify")).body)
    #expect(site.store.messagesLeft == 0)
  }

  @Test func `takes no token from the query`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let answer = try await site.send(
      .post, "/reset/again?token=\(token)", at: .public,
      headers: [("Content-Type", "application/x-www-form-urlencoded")])
    #expect(answer.status == 404 && site.store.messagesLeft == 0)
  }

  @Test(arguments: [
    (["same-origin"], 202), (["none"], 202), ([], 202), (["cross-site"], 403), (["same-site"], 403),
    (["Same-Origin"], 403), ([""], 403), (["same-origin", "cross-site"], 403),
    (["same-origin\u{301}"], 403),
  ])
  func `counts only on our own page`(sites: [String], status: Int) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let headers = sites.map { ("Sec-Fetch-Site", $0) } + [("Origin", "null")]
    let answer = try await site.form("token=\(token)", headers: headers)
    #expect(answer.status == status)
    #expect(site.store.messagesLeft == (status == 202 ? 1 : 0))
  }

  @Test(arguments: ["text/plain", "multipart/form-data; boundary=x", "application/json"])
  func `sends a form and nothing else`(type: String) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    #expect(try await site.form("token=\(token)", type: type).status == 415)
    #expect(site.store.messagesLeft == 0)
  }

  @Test func `sends 16 KiB at most`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let form = "token=\(token)&x="
    let fill = 16_384 - form.utf8.count
    #expect(try await site.form(form + String(repeating: "x", count: fill + 1)).status == 413)
    #expect(site.store.messagesLeft == 0)
    #expect(try await site.form(form + String(repeating: "x", count: fill)).status == 202)
  }

  @Test func `is bound by the limits of the first request`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    for _ in 0..<2 { #expect(try await site.form("token=\(token)").status == 202) }
    let limited = try await site.form("token=\(token)")
    #expect(limited.status == 429)
    #expect(limited.headers[.retryAfter] == "900")
    #expect(limited.body.hasBytes("in 15 minutes"))
    #expect(site.store.messagesLeft == 2)
  }
}
