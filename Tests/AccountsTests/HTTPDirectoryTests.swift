import Cryptography
import Formats
import PasswordReset
import Support
import Testing
import Transfer

@testable import Accounts

struct HTTPDirectoryTests {
  private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  /// The app lives as long as the call.
  private func ask(
    _ app: App, clock: StoppedClock = StoppedClock.sample, secrets: String = secret
  ) async throws(DirectoryError) -> Account? {
    defer { withExtendedLifetime(app) {} }
    return try await ask(app.url, clock: clock, secrets: secrets)
  }

  private func ask(
    _ url: String, clock: StoppedClock = StoppedClock.sample, secrets: String = secret
  ) async throws(DirectoryError) -> Account? {
    guard let loop = try? TransferLoop(), let url = try? WebURL(url),
      let secrets = try? WebhookSecrets(file: secrets), let address = try? Sample.address(),
      let caller = try? Sample.caller()
    else { throw DirectoryError(cause: "test_set_up") }
    let directory = HTTPDirectory(
      url, policy: Sample.policy, clock: clock, secrets: secrets, makeID: { "msg_1" },
      through: loop)
    return try await directory.account(for: address, caller: caller)
  }

  @Test func `the account of the answer is the account`() async throws {
    let app = try App(
      body:
        #"{"account": {"id": "42", "email": "Ada@Example.org", "locale": "fr", "version": "7"}}"#)
    let expected = try Sample.account("42", "Ada@example.org", locale: "fr", version: "7")
    #expect(try await ask(app) == expected)
  }

  @Test func `the question is one POST with address and caller, signed by every secret`()
    async throws
  {
    let app = try App(body: #"{"account": null}"#)
    let other = "0123456789abcdefghijklmn"
    #expect(try await ask(app, secrets: "\(Self.secret)\n\(other)\n") == nil)
    let call = try #require(app.calls.first)
    #expect(app.calls.count == 1)
    #expect(call.request == "POST /directory HTTP/1.1")
    #expect(call.body == #"{"email":"ada@example.org","caller":"shop"}"#)
    #expect(call.headers["content-type"] == "application/json")
    #expect(call.headers["webhook-id"] == "msg_1")
    #expect(call.headers["webhook-timestamp"] == "1614265330")
    let signed = Array("msg_1.1614265330.\(call.body)".utf8)
    let decoded = try #require(Base64.decode(String(Self.secret.dropFirst(6))))
    let codes = try [decoded, Array(other.utf8)].map {
      "v1," + Base64.encode(try HMACSHA256.code(for: signed, key: Secret($0)))
    }
    #expect(call.headers["webhook-signature"] == codes.joined(separator: " "))
  }

  @Test func `null and 404 mean that there is no account`() async throws {
    #expect(try await ask(App(body: #"{"account":null}"#)) == nil)
    #expect(try await ask(App(status: "404 Not Found", body: "<html>")) == nil)
  }

  @Test(arguments: [
    ("{}", "answer_json"), ("", "answer_json"), ("null", "answer_json"), ("[]", "answer_json"),
    (#"{"account":{"id":"1","email":"a@b.example"},"x":1}"#, "answer_json"),
    (#"{"account":null,"account":null}"#, "answer_json"), (#"{"account":null,}"#, "answer_json"),
    (#"{"account":[]}"#, "answer_json"), (#"{"account":"42"}"#, "answer_json"),
    (#"{"account":{}}"#, "answer_id"),
    (#"{"account":{"id":true,"email":"a@b.example"}}"#, "answer_id"),
    (#"{"account":{"id":1.5,"email":"a@b.example"}}"#, "answer_id"),
    (#"{"account":{"id":"","email":"a@b.example"}}"#, "answer_account"),
    (#"{"account":{"id":"1"}}"#, "answer_email"),
    (#"{"account":{"id":"1","email":null}}"#, "answer_email"),
    (#"{"account":{"id":"1","email":["a@b.example"]}}"#, "answer_email"),
    (#"{"account":{"id":"1","email":"a@b.example,c@d.example"}}"#, "answer_email"),
    (#"{"account":{"id":"1","email":"a@b.example\r\nBcc: c@d.example"}}"#, "answer_email"),
    (#"{"account":{"id":"1","email":"a@b.example","name":"A"}}"#, "answer_unknown_member"),
    (#"{"account":{"id":"1","email":"a@b.example","locale":["fr"]}}"#, "answer_locale"),
    (#"{"account":{"id":"1","email":"a@b.example","version":{}}}"#, "answer_version"),
    (#"{"account":{"id":"1\n","email":"a@b.example"}}"#, "answer_account"),
  ])
  func `any other answer is a fault with a short cause`(body: String, cause: String) async throws {
    let app = try App(body: body)
    let error = try await directoryError { () throws(DirectoryError) in try await ask(app) }
    #expect(error.cause == cause)
  }

  @Test(arguments: [
    "201 Created", "204 No Content", "301 Moved", "302 Found", "307 Temporary Redirect", "400 Bad",
    "401 Unauthorized", "410 Gone", "429 Slow", "500 Broken", "503 Busy",
  ])
  func `any other status is a fault, and no redirect is followed`(status: String) async throws {
    let other = try App(body: #"{"account":{"id":"1","email":"a@b.example"}}"#)
    let app = try App(
      status: status, body: status.hasPrefix("204") ? "" : #"{"account":null}"#,
      headers: "Location: \(other.url)\r\n")
    let error = try await directoryError { () throws(DirectoryError) in try await ask(app) }
    #expect(error.cause == "http_\(status.prefix(3))")
    #expect(other.calls.isEmpty)
  }

  @Test(arguments: [(256, true), (257, false)])
  func `an id has at most 256 octets`(count: Int, isTaken: Bool) async throws {
    let id = String(repeating: "i", count: count)
    let app = try App(body: #"{"account":{"id":"\#(id)","email":"a@b.example"}}"#)
    if isTaken {
      #expect(try await ask(app)?.id == id)
    } else {
      let error = try await directoryError { () throws(DirectoryError) in try await ask(app) }
      #expect(error.cause == "answer_account")
    }
  }

  @Test func `a numeric id is its digits, and a language that is no tag is left out`() async throws
  {
    let app = try App(
      body: #"{"account":{"id":42,"email":"a@b.example","locale":"en_US","version":7}}"#)
    #expect(
      try await ask(app) == Sample.account("42", "a@b.example", version: "7"))
  }

  @Test func `an answer of 16 KiB is read, a longer one is a fault`() async throws {
    let json = #"{"account":null}"#
    let small = try App(body: json + String(repeating: " ", count: 12_000))
    #expect(try await ask(small) == nil)
    let large = try App(body: json + String(repeating: " ", count: 16_385))
    let error = try await directoryError { () throws(DirectoryError) in try await ask(large) }
    #expect(error.cause == "answer_too_large")
  }

  @Test func `a directory that is not there or breaks off is a fault`() async throws {
    let port = try LoopbackServer { _ in }.port
    let refused = try await directoryError { () throws(DirectoryError) in
      try await ask("http://127.0.0.1:\(port)/")
    }
    #expect(refused.cause == "http_connect")
    let app = try App("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{")
    let broken = try await directoryError { () throws(DirectoryError) in try await ask(app) }
    #expect(broken.cause == "http_interrupted")
  }

  @Test func `an app that does not answer in time is a fault`() async throws {
    let app = try App("")
    let directory = HTTPDirectory(
      try WebURL(app.url), policy: Sample.policy, clock: StoppedClock.sample,
      secrets: try WebhookSecrets(file: Self.secret), makeID: { "msg_1" },
      timeout: .milliseconds(100), through: try TransferLoop())
    let (address, caller) = (try Sample.address(), try Sample.caller())
    let error = try await directoryError { () throws(DirectoryError) in
      try await directory.account(for: address, caller: caller)
    }
    #expect(error.cause == "http_timeout")
    #expect(app.calls.count <= 1)
  }

  @Test func `nothing is sent without a time`() async throws {
    let app = try App(body: #"{"account":null}"#)
    let clockless = try await directoryError { () throws(DirectoryError) in
      try await ask(app, clock: StoppedClock(time: nil))
    }
    #expect(clockless.cause == "clock_unavailable")
    #expect(app.calls.isEmpty)
  }

  @Test func `quotes and line breaks in a caller's name stay inside their string`() throws {
    let limits = try Sample.caller().settings
    let question = try DirectoryQuestion(
      address: Sample.address(#"o'brien+{x}@example.org"#),
      caller: Caller(name: "a\",\"email\":\"evil@x\r\n", settings: limits), id: "m",
      now: Timestamp(microseconds: 0), secrets: WebhookSecrets(file: Self.secret))
    let object = try #require(JSON(parsing: question.body).object)
    #expect(object.members.map(\.key) == ["email", "caller"])
    #expect(object["email"]?.string == "o'brien+{x}@example.org")
  }
}
