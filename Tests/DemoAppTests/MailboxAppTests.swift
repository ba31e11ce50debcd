import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Testing

@testable import DemoApp

private struct FakeMailbox: MailboxSource {
  var mails: [MailboxMail]

  func list() async -> [MailboxMail] { mails }

  func mail(_ id: Int) async -> MailboxMail? { mails.first { $0.id == id } }
}

struct MailboxAppTests {
  private func browser(
    _ mails: [MailboxMail]
  ) -> Browser<RouterResponder<BasicRequestContext>> {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let app = MailboxApp(source: FakeMailbox(mails: mails), logger: logger)
    return Browser(app.routes().buildResponder())
  }

  private func mail(_ id: Int, subject: String = "Reset", html: String? = nil) -> MailboxMail {
    MailboxMail(
      id: id, from: "Rekey <no-reply@b.test>", to: ["ada@b.test"], subject: subject,
      receivedAt: 1_700_000_000_999, text: "Open https://b.test/?token=x", html: html,
      source: "Subject: <raw>")
  }

  @Test func `an empty mailbox says so and looks again`() async throws {
    let answer = try await browser([]).get("/")
    #expect(answer.status == 200 && answer.body.contains("No mail yet"))
    #expect(answer.body.contains("<meta http-equiv=\"refresh\" content=\"3\">"))
  }

  @Test func `mails are listed newest first`() async throws {
    let answer = try await browser([mail(1), mail(2, subject: "<i>")]).get("/")
    let first = try #require(answer.body.firstRange(of: "/mails/2"))
    let second = try #require(answer.body.firstRange(of: "/mails/1"))
    #expect(first.lowerBound < second.lowerBound)
    #expect(answer.body.contains("&lt;i&gt;") && answer.body.contains("2023-11-14T22:13:20Z"))
  }

  @Test func `a mail shows its link, its frame and its source`() async throws {
    let html = "<p title=\"x\"><a href='https://b.test/'>go</a>"
    let answer = try await browser([mail(1, html: html)]).get("/mails/1")
    #expect(answer.heading == "Reset")
    #expect(answer.body.contains("<a href=\"https://b.test/?token=x\">"))
    let frame = try #require(answer.between("<iframe", "</iframe>"))
    #expect(frame.contains("sandbox=\"") && !frame.contains("allow-scripts"))
    #expect(!frame.contains("allow-same-origin"))
    #expect(
      frame.contains(
        "srcdoc=\"&lt;base target=&quot;_top&quot;&gt;&lt;p title=&quot;x&quot;&gt;&lt;a "
          + "href=&#39;https://b.test/&#39;&gt;go&lt;/a&gt;\""))
    #expect(answer.body.contains("Subject: &lt;raw&gt;"))
    #expect(!answer.body.contains("http-equiv"))
  }

  @Test(arguments: ["/mails/2", "/mails/x", "/mails/99999999999999999999"])
  func `a mail that is not there is not found`(path: String) async throws {
    #expect(try await browser([mail(1)]).get(path).status == 404)
  }

  @Test func `scripts read the mails as JSON, newest first, of one recipient if they like`()
    async throws
  {
    var other = mail(3)
    other.to = ["bob@b.test"]
    let browser = browser([mail(1), mail(2), other])
    let answer = try await browser.get("/api/mails?to=ada%40b.test")
    #expect(answer.headers[.contentType] == "application/json")
    let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
    let mails = try #require(json as? [[String: Any]])
    #expect(mails.map { $0["id"] as? Int } == [2, 1])
    #expect(mails.first?["text"] as? String == "Open https://b.test/?token=x")
    #expect(mails.first?["received_at"] as? String == "2023-11-14T22:13:20Z")
    let everything = try await browser.get("/api/mails")
    #expect(
      try (JSONSerialization.jsonObject(with: Data(everything.body.utf8)) as? [Any])?.count == 3)
  }
}
