import Formats
import HTTPTypes
import Logging
import PasswordReset
import StoreContract
import Testing

@testable import Web

@Suite struct `The access log` {
  /// The line of the last exchange.
  private func line(_ site: Site) throws -> LogBook.Line { try #require(site.log.lines.last) }

  @Test func `has one line an exchange, with the route and the outcome`() async throws {
    let site = try Site()
    let answer = try await site.call("/reset/consume", #"{"token":"x"}"#)
    #expect(site.log.lines.count == 1)
    let line = try line(site)
    #expect(line.message == "request" && line.level == .info)
    #expect(
      Set(line.fields.keys)
        == ["listener", "method", "route", "status", "code", "caller", "request_id", "ms", "trace"])
    #expect(line.fields["listener"] == "internal" && line.fields["method"] == "POST")
    #expect(line.fields["route"] == "/reset/consume" && line.fields["status"] == "404")
    #expect(line.fields["code"] == "token_invalid" && line.fields["caller"] == "app")
    #expect(line.fields["trace"] == answer.object?["trace_id"]?.string)
    #expect(line.fields["request_id"] == "-")
  }

  @Test func `joins answer and line by trace, and both with messages by request`() async throws {
    let site = try Site()
    let asked = try await site.call("/reset/request", #"{"email":"ada@example.com"}"#)
    let id = try #require(asked.object?["request_id"]?.string)
    #expect(try line(site).fields["request_id"] == id)
    #expect(try line(site).fields["trace"] == asked.headers[text: "Trace-Id"])
    let token = try await site.liveToken()
    let tokenID = try #require(
      try await site.call("/reset/verify", #"{"token":"\#(token)"}"#).object?["request_id"]?.string)
    // Verifying changes nothing, and is asked often; its line names no request.
    #expect(try line(site).fields["request_id"] == "-")
    for status in ["200", "409"] {
      let used = try await site.call("/reset/consume", #"{"token":"\#(token)"}"#)
      #expect(try line(site).fields["status"] == status)
      #expect(try line(site).fields["request_id"] == tokenID)
      #expect(try line(site).fields["trace"] == used.headers[text: "Trace-Id"])
    }
    _ = try await site.call("/reset/complete", #"{"request_id":"\#(tokenID)"}"#)
    #expect(try line(site).fields["request_id"] == tokenID)
    _ = try await site.form("token=\(token)x")
    #expect(try line(site).fields["request_id"] == "-")
  }

  @Test func `names the new request where one is asked for again`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    site.store.advance(by: .seconds(1800))
    let page = try await site.form("token=\(token)")
    let id = try #require(try line(site).fields["request_id"])
    #expect(page.status == 202 && RequestID(id) != nil)
    #expect(page.headers[text: "Trace-Id"] == (try line(site).fields["trace"]))
  }

  @Test func `names the old request where no new one may be asked for`() async throws {
    let site = try Site()
    let asked = try await site.call(
      "/reset/request",
      #"{"email":"ada@example.com","account":{"id":"7","email":"ada@example.com"}}"#)
    let id = try #require(asked.object?["request_id"]?.string.flatMap { RequestID($0) })
    let token = try site.vault.mint(.reset, for: id)
    site.store.advance(by: .seconds(100_000))
    #expect(try await site.form("token=\(token)").status == 404)
    #expect(try line(site).fields["request_id"] == id.description)
  }

  @Test(arguments: ["/reset/verify", "/reset/consume"])
  func `names the verdict about a dead token`(path: String) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    site.store.advance(by: .seconds(1800))
    let answer = try await site.call(path, #"{"token":"\#(token)"}"#)
    #expect(answer.code == "token_expired")
    #expect(try line(site).fields["code"] == "token_expired")
  }

  @Test func `names the pattern of a route, never the path`() async throws {
    let site = try Site()
    let id = try await site.contract.accept()
    let key = [("Authorization", "Bearer \(site.key)")]
    let found = try await site.send(.get, "/reset/requests/\(id)", at: .internal, headers: key)
    #expect(found.status == 200)
    #expect(try line(site).fields["route"] == "/reset/requests/{id}")
    #expect(try line(site).fields["code"] == "-")
    #expect(!site.log.lines.contains { $0.text.hasBytes(id.description) })
    _ = try await site.send(.get, "/ada@example.com?token=secret", at: .internal)
    #expect(try line(site).fields["route"] == "-" && line(site).fields["caller"] == "-")
  }

  @Test func `holds no token, address, key, query or header`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    _ = try await site.open("/reset/verify?token=\(token)&email=ada@example.com")
    _ = try await site.form("token=\(token)", headers: [("User-Agent", "visitor")])
    _ = try await site.call("/reset/verify", #"{"token":"\#(token)"}"#)
    _ = try await site.call(
      "/reset/request", #"{"email":"ada@example.com","client":{"ip":"203.0.113.7"}}"#,
      headers: [("X-Forwarded-For", "203.0.113.7"), ("Idempotency-Key", "name-of-call")])
    _ = try await site.send(
      .post, "/reset/verify", at: .internal, headers: [("Authorization", "Bearer wrong-key")])
    #expect(site.log.lines.count == 5)
    let secrets = [
      token, "ada@", "example", site.key, "203.0.113.7", "wrong-key", "name-of-call", "?",
      "visitor",
    ]
    for (line, secret) in site.log.lines.flatMap({ line in secrets.map { (line, $0) } }) {
      #expect(!line.text.hasBytes(secret), "\(secret)")
    }
  }

  @Test func `warns of what is the service's fault, and of nothing else`() async throws {
    let site = try Site()
    _ = try await site.open("/nowhere")
    #expect(try line(site).level == .info)
    let token = try await site.liveToken()
    site.store.fail(with: .unavailable)
    _ = try await site.open("/reset/verify?token=\(token)")
    #expect(try line(site).level == .warning)
    #expect(try line(site).fields["code"] == "unavailable")
  }

  @Test(arguments: [(499, false), (500, true), (503, true)])
  func `warns from 500 on`(status: Int, isWarning: Bool) throws {
    let log = LogBook()
    var entry = AccessLog.Entry(method: "GET", trace: Trace())
    entry.status = status
    AccessLog(logger: log.logger, listener: .public).record(entry)
    #expect((log.lines.first?.level == .warning) == isWarning)
  }

  @Test(arguments: [
    (HTTPRequest.Method.get, "GET"), (.head, "HEAD"), (.post, "POST"), (.trace, "TRACE"),
    (.connect, "CONNECT"), (.patch, "PATCH"),
  ])
  func `writes registered methods down`(method: HTTPRequest.Method, text: String) {
    #expect(method.logged == text)
  }

  @Test(arguments: ["BREW", "get", "PROPFIND", "X-Y"])
  func `writes down of other methods that they are others`(text: String) throws {
    #expect(try #require(HTTPRequest.Method(text)).logged == "other")
  }

  @Test(arguments: [
    (Duration.microseconds(99), "0.0"), (.microseconds(100), "0.1"), (.microseconds(1999), "1.9"),
    (.milliseconds(2), "2.0"), (.seconds(61), "61000.0"),
  ])
  func `counts milliseconds with one decimal`(elapsed: Duration, text: String) throws {
    let log = LogBook()
    var entry = AccessLog.Entry(method: "GET", trace: Trace())
    entry.elapsed = elapsed
    AccessLog(logger: log.logger, listener: .public).record(entry)
    #expect(log.lines.first?.fields["ms"] == text)
  }

  @Test func `gives every exchange a name of 64 random bits`() async throws {
    let site = try Site()
    for _ in 0..<32 { _ = try await site.open("/") }
    let traces = site.log.lines.compactMap { $0.fields["trace"] }
    #expect(Set(traces).count == 32)
    #expect(traces.allSatisfy { Hex.decode($0)?.count == 8 })
  }
}
