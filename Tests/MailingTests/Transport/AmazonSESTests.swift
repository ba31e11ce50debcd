import Formats
import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct AmazonSESTests {
  private static let url = "ses://AKIDEXAMPLE:hunter2@HOST?tls=none&region=eu-west-1"

  @Test func `a mail is one signed POST with the whole message and a tag`() async throws {
    let folder = try MailFolder()
    let mail = try Sample.mailWithFiles(in: folder)
    let server = try APIServer()
    let outcome = try await Sample.deliver(mail, Self.url + "&configuration_set=plain", to: server)
    #expect(outcome == .delivered)
    let call = try #require(server.calls.first)
    #expect(call.request == "POST /v2/email/outbound-emails HTTP/1.1")
    #expect(call.headers["content-type"] == "application/json")
    let message = try SentBody.bytes(of: MIMEMessage.body(of: mail))
    #expect(
      try call.json()
        == Sample.json(
          """
          {"Destination": {"ToAddresses": ["ada@example.org"]},
           "EmailTags": [{"Name": "rekey_request",
                          "Value": "019aa6b2-7c00-7fff-8456-0123456789ab"}],
           "ConfigurationSetName": "plain",
           "Content": {"Raw": {"Data": "\(Base64.encode(message))"}}}
          """))
    var body: [UInt8]? = call.body
    #expect(
      call.headers["x-amz-content-sha256"] == Hex.encode(Sample.hash { body.take() }))
    let signature = try #require(call.headers["authorization"])
    #expect(signature.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"))
    #expect(signature.contains("/eu-west-1/ses/aws4_request, SignedHeaders="))
    #expect(!signature.contains("hunter2") && call.headers["x-amz-security-token"] == nil)
  }

  @Test func `the session token of a file goes along`() async throws {
    let folder = try MailFolder()
    try folder.write("token", Array("session/token+=\n".utf8))
    try folder.write("secret", Array("hunter2\n".utf8))
    let server = try APIServer()
    let outcome = try await Sample.deliver(
      Sample.mail(),
      "ses://AKID@HOST?tls=none&region=eu-west-1&key_file=\(folder.path)/secret"
        + "&session_token_file=\(folder.path)/token", to: server)
    #expect(outcome == .delivered)
    let call = try #require(server.calls.first)
    #expect(call.headers["x-amz-security-token"] == "session/token+=")
    #expect(try call.json().object?["ConfigurationSetName"] == nil)
  }

  @Test func `the region may be that of the host`() throws {
    let url = try TransportURL("ses://A:s@email.us-east-2.amazonaws.com")
    let ses = try #require(url.provider as? AmazonSES)
    #expect(ses.place == "email.us-east-2.amazonaws.com" && ses.region == "us-east-2")
  }

  private func call(
    _ text: String, for mail: RenderedMail, hash: @escaping PayloadHash
  ) async throws -> HTTPTransfer {
    let ses = try #require(try TransportURL(text).provider as? AmazonSES)
    let credentials = AmazonSES.Credentials(
      secret: SecretText("s"), sessionToken: nil, hash: hash)
    return try await ses.call(for: mail, with: credentials)
  }

  @Test func `the call names the hash of its body`() async throws {
    let call = try await call(
      "ses://A:s@?region=eu-west-1&ca=/ca.pem&timeout=7s", for: Sample.mail(), hash: Sample.hash)
    var body: [UInt8]? = try SentBody.bytes(of: call.body)
    #expect(call.payloadSHA256 == Hex.encode(Sample.hash { body.take() }))
    #expect(
      call.authentication
        == .awsSigV4(
          accessKeyID: "A", secret: "s", region: "eu-west-1", service: "ses", sessionToken: nil))
    #expect(call.url == "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails")
    #expect(!call.allowPlainHTTP && !call.mayReachPrivate && !call.isRepeatable)
    #expect(call.caFile == "/ca.pem" && call.timeout == .seconds(7))
  }

  @Test func `a message of 40 MiB goes out, and one of a byte more never will`() async throws {
    let url = "ses://A:s@?region=eu-west-1"
    let limit = AmazonSES.maximumSize
    let taken = try await call(url, for: Self.mail(ofSize: limit), hash: { _ in [1] })
    #expect(taken.payloadSHA256 == "01")
    await #expect {
      try await call(url, for: Self.mail(ofSize: limit + 1), hash: { _ in [1] })
    } throws: {
      ($0 as? CallProblem)?.outcome == .permanent(cause: "mail_too_large")
    }
  }

  /// Nothing of its file is ever read.
  private static func mail(ofSize size: Int64) throws -> RenderedMail {
    func mail(lines: Int64, beside places: Int) throws -> RenderedMail {
      try Sample.mail(
        text: String(repeating: "a", count: places % 4),
        html: String(repeating: "a", count: places / 4),
        files: [
          MailFile(
            path: "/nowhere", name: "a", mediaType: "a/b", size: lines * 57, isInline: false)
        ])
    }
    let lines = (size - MIMEMessage.body(of: try mail(lines: 0, beside: 0)).count) / 78
    // A line too long is broken, which takes three octets more; the text has room beside it.
    for place in 0..<400 {
      let mail = try mail(lines: lines, beside: place)
      if MIMEMessage.body(of: mail).count == size { return mail }
    }
    throw MailingError.transportURL(problem: "no such size")
  }

  @Test func `a file that has changed is no fault of Amazon, and nothing is sent`() async throws {
    let folder = try MailFolder()
    let server = try APIServer()
    let mail = try Sample.mailWithFiles(in: folder)
    try folder.write("logo.png", [0x89])
    #expect(
      try await Sample.deliver(mail, Self.url, to: server)
        == .transient(cause: "http_file_changed", blame: .message))
    #expect(server.calls.isEmpty)
  }

  @Test(arguments: [
    (400, "MessageRejected", DeliveryOutcome.permanent(cause: "http_400_MessageRejected")),
    (400, "BadRequestException", .permanent(cause: "http_400_BadRequestException")),
    (
      400, "AccountSuspendedException",
      .transient(cause: "http_400_AccountSuspendedException", blame: .transport)
    ),
    (
      400, "SendingPausedException",
      .transient(cause: "http_400_SendingPausedException", blame: .transport)
    ),
    (
      400, "MailFromDomainNotVerifiedException",
      .transient(cause: "http_400_MailFromDomainNotVerifiedException", blame: .transport)
    ),
    (
      400, "LimitExceededException",
      .transient(cause: "http_400_LimitExceededException", blame: .transport)
    ),
    (
      400, "ThrottlingException",
      .transient(cause: "http_400_ThrottlingException", blame: .transport)
    ),
    (
      400, "ExpiredTokenException",
      .transient(cause: "http_400_ExpiredTokenException", blame: .transport)
    ),
    (
      403, "SignatureDoesNotMatch",
      .transient(cause: "http_403_SignatureDoesNotMatch", blame: .transport)
    ),
    (404, "NotFoundException", .transient(cause: "http_404_NotFoundException", blame: .transport)),
    (
      429, "TooManyRequestsException",
      .transient(cause: "http_429_TooManyRequestsException", blame: .transport)
    ),
    (400, "SomethingNew", .permanent(cause: "http_400")),
  ])
  func `the exception decides, in the header as in the body`(
    status: Int, name: String, outcome: DeliveryOutcome
  ) async throws {
    for (headers, body) in [
      (["x-amzn-ErrorType: \(name)"], "{}"),
      (["x-amzn-ErrorType: \(name):http://internal.amazon.com/"], #"{"message":"no"}"#),
      ([], #"{"__type":"\#(name)"}"#), ([], #"{"__type":"com.amazonaws.sesv2#\#(name)"}"#),
    ] {
      let server = try APIServer(status: status, headers: headers, body: body)
      #expect(try await Sample.deliver(Sample.mail(), Self.url, to: server) == outcome)
    }
  }
}
