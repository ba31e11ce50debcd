import Formats
import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct PostmarkTests {
  private static let url = "postmark://hunter2@HOST?tls=none"

  @Test func `a mail is one POST with token, parts, fixed fields and metadata, untracked`()
    async throws
  {
    let server = try APIServer()
    let outcome = try await Sample.deliver(
      Sample.mail(), Self.url + "&stream=resets", to: server)
    #expect(outcome == .delivered)
    let call = try #require(server.calls.first)
    #expect(call.request == "POST /email HTTP/1.1")
    #expect(call.headers["x-postmark-server-token"] == "hunter2")
    #expect(call.headers["content-type"] == "application/json")
    #expect(call.headers["accept"] == "application/json")
    #expect(
      try call.json()
        == Sample.json(
          """
          {"From": "\\"Example, Inc.\\" <no-reply@example.com>", "To": "ada@example.org",
           "Subject": "Choose a new password", "TextBody": "Hello\\n", "HtmlBody": "<p>Hello",
           "MessageStream": "resets",
           "Metadata": {"rekey_request": "019aa6b2-7c00-7fff-8456-0123456789ab"},
           "Headers": [
             {"Name": "Message-ID",
              "Value": "<019aa6b2-7c00-7123-8456-0123456789ab@example.com>"},
             {"Name": "X-PM-KeepID", "Value": "true"},
             {"Name": "Auto-Submitted", "Value": "auto-generated"},
             {"Name": "X-Auto-Response-Suppress", "Value": "All"}],
           "TrackOpens": false, "TrackLinks": "None"}
          """))
  }

  @Test func `the stream is Postmark's own where none is named`() async throws {
    let server = try APIServer()
    _ = try await Sample.deliver(Sample.mail(), Self.url, to: server)
    let json = try #require(server.calls.first).json()
    #expect(json.object?["MessageStream"] == nil && json.object?["Attachments"] == nil)
  }

  @Test func `files go along in base64, pictures with the name that cid has`() async throws {
    let folder = try MailFolder()
    let server = try APIServer()
    let mail = try Sample.mailWithFiles(in: folder)
    #expect(try await Sample.deliver(mail, Self.url, to: server) == .delivered)
    let json = try #require(server.calls.first).json()
    #expect(
      try json.object?["Attachments"]
        == Sample.json(
          """
          [{"Name": "logo.png", "ContentType": "image/png", "ContentID": "cid:logo.png",
            "Content": "iVBORw=="},
           {"Name": "terms.pdf", "ContentType": "application/pdf", "Content": "dGVybXM="}]
          """))
  }

  @Test(arguments: [
    (
      406, "Inactive recipient", DeliveryOutcome.permanent(cause: "http_422_406", isRecipient: true)
    ),
    (
      300, "Invalid 'To' address: 'ada'.",
      .permanent(cause: "http_422_300_to", isRecipient: true)
    ),
    (
      300, "Error parsing 'To': Illegal email domain",
      .permanent(cause: "http_422_300_to", isRecipient: true)
    ),
    (300, "Invalid 'From' address: 'x'.", .permanent(cause: "http_422_300")),
    (300, "About 'To': Invalid 'To'", .permanent(cause: "http_422_300")),
    (402, "Invalid JSON", .permanent(cause: "http_422_402")),
    (411, "Forbidden attachment", .permanent(cause: "http_422_411")),
    (10, "Token", .transient(cause: "http_422_10", blame: .transport)),
    (100, "Maintenance", .transient(cause: "http_422_100", blame: .transport)),
    (400, "Sender not found", .transient(cause: "http_422_400", blame: .transport)),
    (401, "Sender not confirmed", .transient(cause: "http_422_401", blame: .transport)),
    (405, "No credits", .transient(cause: "http_422_405", blame: .transport)),
    (412, "Pending", .transient(cause: "http_422_412", blame: .transport)),
    (413, "May not send", .transient(cause: "http_422_413", blame: .transport)),
    (429, "Rate", .transient(cause: "http_422_429", blame: .transport)),
    (1221, "Stream", .transient(cause: "http_422_1221", blame: .transport)),
    (1226, "Stream", .transient(cause: "http_422_1226", blame: .transport)),
    (1235, "Stream", .transient(cause: "http_422_1235", blame: .transport)),
    (-1, "?", .permanent(cause: "http_422")), (100_000, "?", .permanent(cause: "http_422")),
  ])
  func `the error code decides`(code: Int, message: String, outcome: DeliveryOutcome) async throws {
    let body = JSON.object(["ErrorCode": .integer(code), "Message": .string(message)])
    let server = try APIServer(status: 422, body: body.serialized())
    #expect(try await Sample.deliver(Sample.mail(), Self.url, to: server) == outcome)
  }

  @Test(arguments: ["", "<html>", "[]", #"{"ErrorCode":"406"}"#, #"{"ErrorCode":406.0}"#])
  func `an answer without a code is permanent`(body: String) async throws {
    let server = try APIServer(status: 422, body: body)
    let outcome = try await Sample.deliver(Sample.mail(), Self.url, to: server)
    #expect(outcome == .permanent(cause: "http_422"))
  }
}
