import Formats
import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct SendGridTests {
  private static let url = "sendgrid://SG.hunter2@HOST?tls=none"

  @Test func `a mail is one POST with key, parts, fixed fields and metadata, untracked`()
    async throws
  {
    let server = try APIServer(status: 202, body: "")
    #expect(try await Sample.deliver(Sample.mail(), Self.url, to: server) == .delivered)
    let call = try #require(server.calls.first)
    #expect(server.calls.count == 1)
    #expect(call.request == "POST /v3/mail/send HTTP/1.1")
    #expect(call.headers["authorization"] == "Bearer SG.hunter2")
    #expect(call.headers["content-type"] == "application/json")
    #expect(call.headers["user-agent"] == "rekey")
    #expect(
      try call.json()
        == Sample.json(
          """
          {"personalizations": [{"to": [{"email": "ada@example.org"}]}],
           "from": {"email": "no-reply@example.com", "name": "Example, Inc."},
           "subject": "Choose a new password",
           "content": [{"type": "text/plain", "value": "Hello\\n"},
                       {"type": "text/html", "value": "<p>Hello"}],
           "headers": {"Message-ID": "<019aa6b2-7c00-7123-8456-0123456789ab@example.com>",
                       "Date": "Sat, 21 Nov 2026 09:30:00 +0000",
                       "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
           "custom_args": {"rekey_request": "019aa6b2-7c00-7fff-8456-0123456789ab"},
           "tracking_settings": {"click_tracking": {"enable": false, "enable_text": false},
                                 "open_tracking": {"enable": false},
                                 "subscription_tracking": {"enable": false},
                                 "ganalytics": {"enable": false}}}
          """))
  }

  @Test func `files go along in base64, pictures with the name that cid has`() async throws {
    let folder = try MailFolder()
    let server = try APIServer(status: 202, body: "")
    let mail = try Sample.mailWithFiles(in: folder)
    #expect(try await Sample.deliver(mail, Self.url, to: server) == .delivered)
    let json = try #require(server.calls.first).json()
    #expect(
      try json.object?["attachments"]
        == Sample.json(
          """
          [{"filename": "logo.png", "type": "image/png", "disposition": "inline",
            "content_id": "logo.png", "content": "iVBORw=="},
           {"filename": "terms.pdf", "type": "application/pdf", "disposition": "attachment",
            "content": "dGVybXM="}]
          """))
  }

  @Test(arguments: [
    (#"{"errors":[{"field":"personalizations.0.to.0.email","message":"no"}]}"#, "to"),
    (#"{"errors":[{"field":"personalizations.0.to","message":"no"}]}"#, "to"),
    (#"{"errors":[{"field":"from.email","message":"no"}]}"#, nil),
    (#"{"errors":[{"field":null,"message":"Bad Request"}]}"#, nil),
    (#"{"errors":[]}"#, nil), (#"{"errors":{}}"#, nil), ("<html>", nil), ("", nil),
  ])
  func `the field at fault is the code`(body: String, code: String?) async throws {
    let server = try APIServer(status: 400, body: body)
    let expected: DeliveryOutcome =
      code == nil
      ? .permanent(cause: "http_400") : .permanent(cause: "http_400_to", isRecipient: true)
    #expect(try await Sample.deliver(Sample.mail(), Self.url, to: server) == expected)
  }
}
