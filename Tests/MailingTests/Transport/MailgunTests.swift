import Formats
import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct MailgunTests {
  private static let url = "mailgun://hunter2@HOST?tls=none&domain=mg.example.org"
  private static let boundary = "form-019aa6b2-7c00-7123-8456-0123456789ab"

  @Test func `a mail is one form with recipient, options, metadata and the whole message`()
    async throws
  {
    let folder = try MailFolder()
    let mail = try Sample.mailWithFiles(in: folder)
    let server = try APIServer()
    #expect(try await Sample.deliver(mail, Self.url, to: server) == .delivered)
    let call = try #require(server.calls.first)
    #expect(call.request == "POST /v3/mg.example.org/messages.mime HTTP/1.1")
    #expect(call.headers["authorization"] == "Basic \(Base64.encode(Array("api:hunter2".utf8)))")
    #expect(call.headers["content-type"] == "multipart/form-data; boundary=\(Self.boundary)")
    var expected: [UInt8] = []
    for (name, value) in [
      ("to", "ada@example.org"), ("o:tracking", "no"), ("o:tracking-clicks", "no"),
      ("o:tracking-opens", "no"), ("v:rekey_request", "019aa6b2-7c00-7fff-8456-0123456789ab"),
    ] {
      expected += "--\(Self.boundary)\r\n".utf8
      expected += "Content-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8
    }
    expected += "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"message\"; ".utf8
    expected += "filename=\"message.mime\"\r\nContent-Type: message/rfc822\r\n\r\n".utf8
    expected += try SentBody.bytes(of: MIMEMessage.body(of: mail))
    expected += "\r\n--\(Self.boundary)--\r\n".utf8
    #expect(call.body == expected)
  }

  @Test(arguments: [
    (
      400, "'to' parameter is not a valid address. please check documentation",
      DeliveryOutcome.permanent(cause: "http_400_to", isRecipient: true)
    ),
    (400, "to parameter is missing", .permanent(cause: "http_400")),
    (413, "too large", .permanent(cause: "http_413")),
    (401, "Forbidden", .transient(cause: "http_401", blame: .transport)),
    (402, "Request failed", .transient(cause: "http_402", blame: .transport)),
    (404, "Domain not found", .transient(cause: "http_404", blame: .transport)),
    (429, "Slow", .transient(cause: "http_429", blame: .transport)),
  ])
  func `the status decides, and one sentence is about the recipient`(
    status: Int, message: String, outcome: DeliveryOutcome
  ) async throws {
    let body = JSON.object(["message": .string(message)]).serialized()
    let server = try APIServer(status: status, body: body)
    #expect(try await Sample.deliver(Sample.mail(), Self.url, to: server) == outcome)
  }
}
