import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import MailSink

struct MailboxPageTests {
  private struct Answer {
    let status: Int
    let headers: HTTPFields
    let body: String
  }

  /// What the mailbox with these mails answers, two minutes after they came.
  private func get(_ path: String, _ mails: [ReceivedMail]) async throws -> Answer {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var page = MailboxPage(logger: logger) { mails }
    page.now = { Date(timeIntervalSince1970: 1_700_000_121) }
    let request = Request(
      head: HTTPRequest(method: .get, scheme: "http", authority: "mailbox.test", path: path),
      body: RequestBody(buffer: ByteBuffer()))
    let context = BasicRequestContext(
      source: ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: logger))
    let response = try await page.routes().buildResponder().respond(to: request, context: context)
    let body = Collector()
    try await response.body.write(body)
    return Answer(status: response.status.code, headers: response.headers, body: body.text)
  }

  private func mail(
    _ id: Int, to recipients: [String] = ["ada@b.test"], subject: String = "Reset",
    type: String = "text/plain", _ body: String = "Open https://b.test/?token=x"
  ) -> ReceivedMail {
    let source =
      "From: Rekey <no-reply@b.test>\r\nSubject: \(subject)\r\nContent-Type: \(type)\r\n\r\n\(body)"
    return ReceivedMail(
      id: id, envelopeFrom: "no-reply@b.test", recipients: recipients, data: Array(source.utf8),
      receivedAt: 1_700_000_000_999)
  }

  @Test func `an empty mailbox says so`() async throws {
    let answer = try await get("/", [])
    #expect(answer.status == 200 && answer.body.contains("No mail yet"))
  }

  @Test func `mails are listed newest first, with how long ago they came`() async throws {
    let answer = try await get("/", [mail(1), mail(2, subject: "<i>")])
    let first = try #require(answer.body.firstRange(of: "/mails/2"))
    let second = try #require(answer.body.firstRange(of: "/mails/1"))
    #expect(first.lowerBound < second.lowerBound)
    #expect(answer.body.contains("&lt;i&gt;"))
    let time =
      "<time datetime=\"2023-11-14T22:13:20Z\" title=\"2023-11-14T22:13:20Z\">2 min ago</time>"
    #expect(answer.body.contains(time))
  }

  @Test(arguments: [
    (-3, "just now"), (4, "just now"), (5, "5 s ago"), (59, "59 s ago"), (60, "1 min ago"),
    (3599, "59 min ago"), (3600, "1 h ago"), (86399, "23 h ago"), (86400, "1 day ago"),
    (172_799, "1 day ago"), (172_800, "2 days ago"),
  ])
  func `ages are rounded down to a whole unit`(seconds: Int, text: String) {
    #expect(ago(seconds) == text)
  }

  @Test func `the list is searched by a part of a recipient, which stays in its field`()
    async throws
  {
    let mails = [mail(1), mail(2, to: ["bob+x@b.test", "Eve@b.test"])]
    let answer = try await get("/?to=EVE%40b", mails)
    #expect(answer.body.contains("/mails/2") && !answer.body.contains("/mails/1"))
    #expect(answer.body.contains("value=\"EVE@b\""))
    #expect(answer.body.contains("src=\"/newer?after=2&amp;to=EVE%40b\""))
    #expect(try await get("/?to=bob%2Bx", mails).body.contains("/mails/2"))
    #expect(try await get("/?to=", mails).body.contains("/mails/1"))
    let none = try await get("/?to=%3Cb%3E", mails)
    #expect(none.body.contains("No mail to \"&lt;b&gt;\"."))
  }

  /// A page that is loaded anew loses what was typed and where one was.
  @Test func `only the frame above the list looks again, until there is something newer`()
    async throws
  {
    let mails = [mail(1), mail(2), mail(3)]
    #expect(try await !get("/", mails).body.contains("http-equiv"))
    let waiting = try await get("/newer?after=3&to=", mails)
    #expect(waiting.body.contains("<meta http-equiv=\"refresh\" content=\"2\">"))
    #expect(!waiting.body.contains("<a "))
    let newer = try await get("/newer?after=1&to=ada%26", mails)
    #expect(!newer.body.contains("http-equiv"))
    #expect(
      newer.body.contains("<a href=\"/?to=ada%26\" target=\"_top\">2 new mails, look again</a>"))
    #expect(
      newer.headers[.contentSecurityPolicy]?.contains("frame-ancestors 'self'") == true)
  }

  @Test func `a mail shows its link and its source`() async throws {
    let answer = try await get("/mails/1", [mail(1, subject: "Reset <b>")])
    #expect(answer.body.contains("<h1>Reset &lt;b&gt;</h1>"))
    #expect(
      answer.body.contains("<pre id=\"text\">Open <a href=\"https://b.test/?token=x\">"))
    #expect(answer.body.contains("Subject: Reset &lt;b&gt;"))
    #expect(!answer.body.contains("http-equiv") && !answer.body.contains("<iframe"))
  }

  @Test func `an HTML part is shown in a frame without scripts`() async throws {
    let html = "<p title=\"x\"><a href='https://b.test/'>go</a>"
    let answer = try await get("/mails/1", [mail(1, type: "text/html", html)])
    let start = try #require(answer.body.firstRange(of: "<iframe")?.lowerBound)
    let frame = answer.body[start...].prefix { $0 != ">" }
    #expect(frame.contains("sandbox=\"") && !frame.contains("allow-scripts"))
    #expect(!frame.contains("allow-same-origin"))
    #expect(
      frame.contains(
        "srcdoc=\"&lt;base target=&quot;_top&quot;&gt;&lt;p title=&quot;x&quot;&gt;&lt;a "
          + "href=&#39;https://b.test/&#39;&gt;go&lt;/a&gt;\""))
    #expect(answer.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
  }

  @Test(arguments: ["/mails/2", "/mails/x", "/mails/99999999999999999999", "/nowhere"])
  func `what is not there is not found`(path: String) async throws {
    #expect(try await get(path, [mail(1)]).status == 404)
  }

  @Test func `scripts read the mails as JSON, newest first, of one recipient if they like`()
    async throws
  {
    let mails = [mail(1), mail(2), mail(3, to: ["bob@b.test"])]
    for path in ["/api/mails?to=ada%40b.test", "/api/mails?to=ada@b.test"] {
      let answer = try await get(path, mails)
      #expect(answer.headers[.contentType] == "application/json")
      let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
      let found = try #require(json as? [[String: Any]])
      #expect(found.map { $0["id"] as? Int } == [2, 1])
      #expect(found.first?["text"] as? String == "Open https://b.test/?token=x")
      #expect(found.first?["received_at"] as? String == "2023-11-14T22:13:20Z")
      #expect(found.first?["to"] as? [String] == ["ada@b.test"])
      #expect(found.first?["from"] as? String == "Rekey <no-reply@b.test>")
      #expect(found.first?["subject"] as? String == "Reset")
    }
    let everything = try await get("/api/mails", mails)
    #expect(
      try (JSONSerialization.jsonObject(with: Data(everything.body.utf8)) as? [Any])?.count == 3)
    #expect(try await get("/api/mails?to=ADA@b.test", mails).body == "[]")
  }

  @Test(arguments: [
    ("no link <b>", "no link &lt;b&gt;"),
    (
      "Open https://a.test/r?token=x&y=1. Or http://b.test",
      "Open <a href=\"https://a.test/r?token=x&amp;y=1\">https://a.test/r?token=x&amp;y=1</a>. Or "
        + "<a href=\"http://b.test\">http://b.test</a>"
    ),
    (
      "<https://a.test>\r\nhttps://b.test\r\n",
      "&lt;<a href=\"https://a.test\">https://a.test</a>&gt;\r\n"
        + "<a href=\"https://b.test\">https://b.test</a>\r\n"
    ),
    ("https://a.test\" onclick=", "<a href=\"https://a.test\">https://a.test</a>&quot; onclick="),
    ("javascript:alert(1)", "javascript:alert(1)"),
  ])
  func `web addresses in a text become links`(text: String, markup: String) {
    #expect(linked(text).text == markup)
  }
}

private final class Collector: ResponseBodyWriter {
  var text = ""

  func write(_ buffer: ByteBuffer) async throws { text += String(buffer: buffer) }

  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
