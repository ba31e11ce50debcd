import Formats
import HTTPTypes
import PasswordReset
import StoreContract
import Support
import Testing

@testable import Web

@Suite struct `Asking for a reset` {
  private static let path = "/reset/request"

  @Test func `is accepted with the request's id alone`() async throws {
    let answer = try await Site().call(Self.path, #"{"email":"ada@example.com"}"#)
    #expect(answer.status == 202)
    #expect(answer.object?.members.map(\.key) == ["request_id", "status"])
    #expect(answer.object?["status"]?.string == "accepted")
    let id = try #require(answer.object?["request_id"]?.string)
    #expect(RequestID(id) != nil)
    #expect(answer.headers[text: "Idempotency-Replayed"] == nil)
  }

  @Test(arguments: [
    #"{}"#, #"{"email":null}"#, #"{"email":["a@b.test","c@d.test"]}"#, #"{"email":1}"#,
    #"{"email":"a@b.test","to":"c@d.test"}"#, #"{"email":"a@b.test","Email":"c@d.test"}"#,
    #"{"email":"a@b.test","email":"c@d.test"}"#, #"{"email":"a@b.test","\u0065mail":"c@d.test"}"#,
    #"{"email":"a@b.test","account":7}"#, #"{"email":"a@b.test","account":{"id":"1"}}"#,
    #"{"email":"a@b.test","account":{"id":1,"email":"a@b.test"}}"#,
    #"{"email":"a@b.test","account":{"id":"1","email":"a@b.test","role":"x"}}"#,
    #"{"email":"a@b.test","locale":7}"#, #"{"email":"a@b.test","client":"203.0.113.7"}"#,
    #"{"email":"a@b.test","client":{"ip":7}}"#, #"{"email":"a@b.test","client":{"user_agent":7}}"#,
    #"{"email":"a@b.test","client":{"port":"7"}}"#, #"{"email":"a@b.test","data":[]}"#,
    #"{"email":"a@b.test","data":"x"}"#, #"{"email\#u{301}":"a@b.test"}"#,
  ])
  func `is a bad request with a wrong type or an unknown field`(body: String) async throws {
    let recorder = Recorder()
    let answer = try await Site(recorder: recorder).call(Self.path, body)
    #expect(answer.status == 400 && answer.code == "bad_request")
    #expect(recorder.drafts.isEmpty)
  }

  @Test(arguments: [
    ("email_invalid", #"{"email":""}"#), ("email_invalid", #"{"email":"evil-a@b@c"}"#),
    ("locale_invalid", #"{"email":"a@b.test","locale":"evil_x"}"#),
    ("client_ip_invalid", #"{"email":"a@b.test","client":{"ip":"evil:80"}}"#),
    ("account_invalid", #"{"email":"a@b.test","account":{"id":"","email":"evil@b.test"}}"#),
    ("account_invalid", #"{"email":"a@b.test","account":{"id":"1","email":"evil"}}"#),
    (
      "account_invalid",
      #"{"email":"a@b.test","account":{"id":"1","email":"evil@b.test","locale":"?"}}"#
    ),
  ])
  func `is unusable with a value of its kind that is none, which is not repeated`(
    code: String, body: String
  ) async throws {
    let recorder = Recorder()
    let answer = try await Site(recorder: recorder).call(Self.path, body)
    #expect(answer.status == 422 && answer.code == code)
    #expect(!answer.body.hasBytes("evil") && recorder.drafts.isEmpty)
  }

  @Test(arguments: [#""<script>\n":1"#, #""zoe@example.com":"secret""#])
  func `does not repeat a field that it does not know`(member: String) async throws {
    let answer = try await Site().call(Self.path, "{\(member)}")
    #expect(answer.status == 400)
    // None of them can be a part of the random request_id, which is hexadecimal.
    for text in ["script", "zoe", "secret"] { #expect(!answer.body.hasBytes(text)) }
  }

  @Test(arguments: [(1, true), (256, true), (0, false), (257, false)])
  func `takes an account id of 1 to 256 octets`(count: Int, isTaken: Bool) async throws {
    let id = String(repeating: "i", count: count)
    let answer = try await Site().call(
      Self.path, #"{"email":"a@b.test","account":{"id":"\#(id)","email":"c@d.test"}}"#)
    #expect(answer.status == (isTaken ? 202 : 422))
  }

  @Test(arguments: [(4096, true), (4097, false)])
  func `takes data of 4096 octets as JSON`(count: Int, isTaken: Bool) async throws {
    let text = String(repeating: "d", count: count - #"{"k":""}"#.utf8.count)
    let answer = try await Site().call(
      Self.path, #"{"email":"a@b.test", "data": { "k": "\#(text)" } }"#)
    #expect(answer.status == (isTaken ? 202 : 400))
  }

  @Test func `counts the client whom the caller names, never one from a header`() async throws {
    let recorder = Recorder()
    let site = try Site(recorder: recorder)
    let headers =
      ["X-Forwarded-For", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP"]
      .map { ($0, "203.0.113.7") } + [("Forwarded", "for=203.0.113.7")]
    let email = #""email":"a@b.test""#
    for client in ["", #","client":null"#, #","client":{}"#, #","client":{"ip":null}"#] {
      _ = try await site.call(Self.path, "{\(email)\(client)}", headers: headers)
    }
    #expect(recorder.drafts.count == 4)
    #expect(recorder.drafts.allSatisfy { $0.clientKey == nil })
    _ = try await site.call(
      Self.path, #"{\#(email),"client":{"ip":"192.0.2.1"}}"#, headers: headers)
    let named = try #require(ClientAddress("192.0.2.1"))
    #expect(recorder.drafts.last?.clientKey == (try site.vault.limiterKey(named, caller: "app")))
  }

  @Test func `says nothing else of an account that is named, absent or unknown`() async throws {
    let site = try Site()
    let accounts = ["", #","account":null"#, #","account":{"id":"1","email":"c@d.test"}"#]
    for (number, account) in accounts.enumerated() {
      let answer = try await site.call(Self.path, #"{"email":"a\#(number)@b.test"\#(account)}"#)
      #expect(answer.status == 202)
      #expect(answer.object?.members.map(\.key) == ["request_id", "status"])
      #expect(
        answer.headers.map(\.name.canonicalName).sorted()
          == [
            "cache-control", "content-length", "content-type", "trace-id",
            "x-content-type-options",
          ])
    }
  }

  @Test func `is repeatable by its key and body, and by nothing less`() async throws {
    let site = try Site()
    let (key, body) = ([("Idempotency-Key", "k-1")], #"{"email":"a@b.test"}"#)
    let first = try await site.call(Self.path, body, headers: key)
    let again = try await site.call(Self.path, body, headers: key)
    #expect(again.status == 202 && again.body == first.body)
    #expect(first.headers[text: "Idempotency-Replayed"] == nil)
    #expect(again.headers[text: "Idempotency-Replayed"] == "true")
    let other = try await site.call(Self.path, body + " ", headers: key)
    #expect(other.status == 409 && other.code == "idempotency_conflict")
  }

  @Test func `is limited with the seconds until there is room`() async throws {
    let site = try Site()
    let body = #"{"email":"a@b.test"}"#
    for _ in 0..<3 { #expect(try await site.call(Self.path, body).status == 202) }
    site.store.advance(by: .seconds(1))
    let limited = try await site.call(Self.path, body)
    #expect(limited.status == 429 && limited.code == "rate_limited")
    #expect(limited.headers[.retryAfter] == "899")
    #expect(!limited.body.hasBytes("a@b.test"))
    site.store.advance(by: .seconds(899))
    #expect(try await site.call(Self.path, body).status == 202)
  }
}
