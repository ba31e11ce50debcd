import PasswordReset
import Support
import Testing
import Transfer

@testable import Mailing

struct MailWebhookTests {
  private let folder: MailFolder
  private let url: String

  init() throws {
    folder = try MailFolder()
    try folder.write("secrets", Self.secrets)
    url = "webhook+https://HOST/hooks/mail?tls=none&secret_file=\(folder.path)/secrets"
  }

  private static let secrets =
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n0123456789abcdefghijklmn\n"

  @Test func `a mail is one POST in its parts, signed by every secret`() async throws {
    let server = try APIServer(status: 204, body: "")
    let mail = try Sample.mailWithFiles(in: folder)
    #expect(try await Sample.deliver(mail, url, to: server) == .delivered)
    let call = try #require(server.calls.first)
    #expect(call.request == "POST /hooks/mail HTTP/1.1")
    #expect(call.headers["content-type"] == "application/json")
    #expect(
      try call.json()
        == Sample.json(
          """
          {"from": "\\"Example, Inc.\\" <no-reply@example.com>", "to": "ada@example.org",
           "subject": "Choose a new password", "text": "Hello\\n", "html": "<p>Hello",
           "message_id": "<019aa6b2-7c00-7123-8456-0123456789ab@example.com>",
           "request_id": "019aa6b2-7c00-7fff-8456-0123456789ab",
           "date": "2026-11-21T09:30:00.123Z",
           "headers": {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
           "attachments": [
             {"name": "logo.png", "content_type": "image/png", "content_id": "logo.png",
              "content": "iVBORw=="},
             {"name": "terms.pdf", "content_type": "application/pdf", "content": "dGVybXM="}]}
          """))
    let signed = try WebhookSecrets(file: Self.secrets).headers(
      id: "019aa6b2-7c00-7123-8456-0123456789ab", at: Sample.moment, body: call.body)
    for (name, value) in signed { #expect(call.headers[name] == value) }
    #expect(call.headers["webhook-signature"]?.split(separator: " ").count == 2)
  }

  @Test func `a file that has changed is no fault of the receiver, and nothing is sent`()
    async throws
  {
    let server = try APIServer()
    let mail = try Sample.mailWithFiles(in: folder)
    try folder.write("logo.png", [0x89])
    #expect(
      try await Sample.deliver(mail, url, to: server)
        == .transient(cause: "http_file_changed", blame: .message))
    folder.remove(name: "logo.png")
    #expect(
      try await Sample.deliver(mail, url, to: server)
        == .transient(cause: "http_file_missing", blame: .message))
    #expect(server.calls.isEmpty)
  }

  @Test func `nothing is sent without a time`() async throws {
    let server = try APIServer()
    let loop = try TransferLoop()
    let transport = try Sample.transport(
      url.replacing("HOST", with: "127.0.0.1:\(server.port)"), clock: StoppedClock(time: nil),
      through: loop)
    #expect(
      try await transport.deliver(Sample.mail(), under: Sample.lease)
        == .transient(cause: "clock_unavailable", blame: .message))
    await loop.stop()
    #expect(server.calls.isEmpty)
  }

  @Test func `the path may be left out`() async throws {
    let server = try APIServer()
    _ = try await Sample.deliver(
      Sample.mail(), "webhook+https://HOST?tls=none&secret_file=\(folder.path)/secrets", to: server)
    #expect(server.calls.first?.request == "POST / HTTP/1.1")
  }

  @Test(arguments: [
    (200, DeliveryOutcome.delivered), (400, .permanent(cause: "http_400")),
    (404, .transient(cause: "http_404", blame: .transport)),
    (410, .permanent(cause: "http_410")), (422, .permanent(cause: "http_422")),
    (503, .transient(cause: "http_503", blame: .transport)),
  ])
  func `the status decides`(status: Int, outcome: DeliveryOutcome) async throws {
    let server = try APIServer(status: status)
    #expect(try await Sample.deliver(Sample.mail(), url, to: server) == outcome)
  }
}
