import Formats
import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct ResendTests {
  private static let url = "resend://hunter2@HOST?tls=none"

  @Test func `a mail is one POST with key, idempotency key, parts and tag`() async throws {
    let server = try APIServer()
    #expect(try await Sample.deliver(Sample.mail(), Self.url, to: server) == .delivered)
    let call = try #require(server.calls.first)
    #expect(call.request == "POST /emails HTTP/1.1")
    #expect(call.headers["authorization"] == "Bearer hunter2")
    #expect(call.headers["idempotency-key"] == "019aa6b2-7c00-7123-8456-0123456789ab")
    #expect(call.headers["content-type"] == "application/json")
    // Without one Resend answers 403.
    #expect(call.headers["user-agent"] == "rekey")
    #expect(
      try call.json()
        == Sample.json(
          """
          {"from": "Example Inc. <no-reply@example.com>", "to": ["ada@example.org"],
           "subject": "Choose a new password", "text": "Hello\\n", "html": "<p>Hello",
           "headers": {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
           "tags": [{"name": "rekey_request", "value": "019aa6b2-7c00-7fff-8456-0123456789ab"}]}
          """))
  }

  @Test(arguments: [
    ("Example <a@example.com>", "Example <a@example.com>"), ("a@example.com", "a@example.com"),
    ("Café \"A\" (B): C <a@example.com>", "Café A B C <a@example.com>"),
    ("\"\" <a@example.com>", "a@example.com"),
  ])
  func `a sender's name loses what Resend cannot take`(mailbox: String, sent: String) async throws {
    let mail = try MessageRenderer(templates: MailTemplates(.embedded))
      .compose(Sample.letter(from: mailbox))
    let server = try APIServer()
    _ = try await Sample.deliver(mail, Self.url, to: server)
    #expect(try #require(server.calls.first).json().object?["from"]?.string == sent)
  }

  @Test func `files go along in base64, pictures with the name that cid has`() async throws {
    let folder = try MailFolder()
    let server = try APIServer()
    let mail = try Sample.mailWithFiles(in: folder)
    #expect(try await Sample.deliver(mail, Self.url, to: server) == .delivered)
    let json = try #require(server.calls.first).json()
    #expect(
      try json.object?["attachments"]
        == Sample.json(
          """
          [{"filename": "logo.png", "content_type": "image/png", "content_id": "logo.png",
            "content": "iVBORw=="},
           {"filename": "terms.pdf", "content_type": "application/pdf", "content": "dGVybXM="}]
          """))
  }

  @Test(arguments: [
    (
      422, "validation_error", "Invalid `to` field.",
      DeliveryOutcome.permanent(cause: "http_422_to", isRecipient: true)
    ),
    (
      422, "validation_error", "Invalid `from` field.",
      .permanent(cause: "http_422_validation_error")
    ),
    (400, "validation_error", "", .permanent(cause: "http_400_validation_error")),
    (
      403, "validation_error", "", .transient(cause: "http_403_validation_error", blame: .transport)
    ),
    (
      422, "invalid_from_address", "",
      .transient(cause: "http_422_invalid_from_address", blame: .transport)
    ),
    (422, "invalid_access", "", .transient(cause: "http_422_invalid_access", blame: .transport)),
    (422, "missing_required_field", "", .permanent(cause: "http_422_missing_required_field")),
    (422, "invalid_attachment", "", .permanent(cause: "http_422_invalid_attachment")),
    (451, "security_error", "", .permanent(cause: "http_451_security_error")),
    (
      409, "concurrent_idempotent_requests", "",
      .transient(cause: "http_409_concurrent_idempotent_requests", blame: .message)
    ),
    (
      409, "invalid_idempotent_request", "",
      .permanent(cause: "http_409_invalid_idempotent_request")
    ),
    (401, "missing_api_key", "", .transient(cause: "http_401_missing_api_key", blame: .transport)),
    (
      400, "daily_quota_exceeded", "",
      .transient(cause: "http_400_daily_quota_exceeded", blame: .transport)
    ),
    (
      429, "rate_limit_exceeded", "",
      .transient(cause: "http_429_rate_limit_exceeded", blame: .transport)
    ),
    (422, "something_new", "", .permanent(cause: "http_422")),
  ])
  func `the name of the error decides`(
    status: Int, name: String, message: String, outcome: DeliveryOutcome
  ) async throws {
    let body = JSON.object([
      "statusCode": .integer(status), "name": .string(name), "message": .string(message),
    ])
    let server = try APIServer(status: status, body: body.serialized())
    #expect(try await Sample.deliver(Sample.mail(), Self.url, to: server) == outcome)
  }
}
