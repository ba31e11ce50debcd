import Cryptography
import Testing

@testable import PasswordReset

struct WebhookSecretsTests {
  private static let raw = "0123456789abcdefghijklmn"
  private static let encoded = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u"

  private func headers(
    _ file: String, id: String = "msg_1", microseconds: Int64 = 1_614_265_330_999_999,
    body: String = "{}"
  ) throws -> [String: String] {
    let headers = try WebhookSecrets(file: file).headers(
      id: id, at: Timestamp(microseconds: microseconds), body: Array(body.utf8))
    return Dictionary(uniqueKeysWithValues: headers.map { ($0.name, $0.value) })
  }

  private func problem(_ file: String) -> WebhookSecrets.Problem? {
    do throws(WebhookSecrets.Problem) {
      _ = try WebhookSecrets(file: file)
      return nil
    } catch { return error }
  }

  @Test func `the signature is the one of the Standard Webhooks libraries`() throws {
    let headers = try headers(
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      body: #"{"test": 2432232314}"#)
    #expect(
      headers == [
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      ])
  }

  @Test func `a secret is base64 after whsec_, or the bytes of its line`() throws {
    let expected = try headers(Self.raw)
    for file in [
      Self.raw + "\n", Self.raw + "\r\n", Self.encoded, Self.encoded + "\n",
      Self.encoded + "\r\n", "\n# old\n" + Self.raw + "\n\n",
    ] {
      #expect(try headers(file) == expected)
    }
  }

  @Test func `every secret signs, in the order of the file`() throws {
    let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    let both = try headers("\(Self.encoded)\n\(other)\n")["webhook-signature"]
    let first = try #require(try headers(Self.encoded)["webhook-signature"])
    let second = try #require(try headers(other)["webhook-signature"])
    #expect(both == "\(first) \(second)" && first != second)
  }

  @Test func `the signature covers id, time and body`() throws {
    let signature = try headers(Self.raw)["webhook-signature"]
    #expect(try headers(Self.raw)["webhook-signature"] == signature)
    #expect(try headers(Self.raw, id: "msg_2")["webhook-signature"] != signature)
    #expect(try headers(Self.raw, body: "{} ")["webhook-signature"] != signature)
    #expect(
      try headers(Self.raw, microseconds: 1_614_265_331_000_000)["webhook-signature"] != signature)
    #expect(
      try headers(Self.raw, microseconds: 1_614_265_330_000_000)["webhook-signature"] == signature)
  }

  @Test(arguments: [1, 2, 63, 64, 65, 299, 300])
  func `a body in chunks is signed as the whole`(size: Int) throws {
    let secrets = try WebhookSecrets(file: "\(Self.encoded)\nanother secret of 24 bytes or more\n")
    let body = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
    var rest = body[...]
    let streamed = try secrets.headers(
      id: "msg_1", at: Timestamp(microseconds: 1),
      chunks: {
        defer { rest = rest.dropFirst(size) }
        return rest.isEmpty ? nil : Array(rest.prefix(size))
      })
    let whole = try secrets.headers(id: "msg_1", at: Timestamp(microseconds: 1), body: body)
    #expect(streamed.map(\.name) == whole.map(\.name))
    #expect(streamed.map(\.value) == whole.map(\.value))
  }

  @Test(arguments: [
    ("", WebhookSecrets.Problem.none), ("\n\n", .none), ("# whsec_x\n", .none),
    ("0123456789abcdefghijklm", .short(line: 1)), ("whsec_", .short(line: 1)),
    ("whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG0=", .short(line: 1)),
    ("whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u=", .malformed(line: 1)),
    ("whsec_MDEyMzQ1Njc4OWFiY2Rl ZmdoaWprbG1ub3Bx", .malformed(line: 1)),
    ("whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u\n\nshort\n", .short(line: 3)),
  ])
  func `a file without a secret, or with one under 24 bytes or of broken base64, is refused`(
    file: String, expected: WebhookSecrets.Problem
  ) {
    #expect(problem(file) == expected)
  }

  @Test func `no description shows a secret`() throws {
    #expect(problem("hunter2")?.description == "line 1: a secret must have at least 24 bytes")
    var dumped = ""
    let secrets = try WebhookSecrets(file: Self.raw)
    dump(secrets, to: &dumped)
    for text in ["\(secrets)", String(reflecting: secrets), dumped] {
      #expect(!text.contains(Self.raw))
    }
  }
}
