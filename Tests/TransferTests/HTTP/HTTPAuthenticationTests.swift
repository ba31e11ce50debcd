import Testing
import Transfer

@Suite struct HTTPAuthenticationTests {
  private let signature = HTTPAuthentication.awsSigV4(
    accessKeyID: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    region: "eu-west-1", service: "ses", sessionToken: nil)

  private func request(_ change: (inout HTTPTransfer) -> Void) async throws -> HTTPScript.Request {
    let script = HTTPScript(status: "200 OK")
    let server = ScriptedServer(script.serve)
    var call = call(server.port, method: "POST", path: "/v2/email/outbound-emails")
    call.headers = [("Content-Type", "application/json")]
    change(&call)
    let answer = try await withLoop { [call] in try await $0.perform(call) }
    #expect(answer.status == 200)
    return try #require(script.requests.first)
  }

  @Test func `user and password go out as RFC 7617 has it`() async throws {
    let request = try await request { $0.authentication = .basic(user: "api", password: "k:é y") }
    #expect(
      request.header("authorization")
        == "Authorization: Basic \(base64(Array("api:k:é y".utf8)))")
    #expect(request.header("expect") == nil && request.header("accept") == nil)
  }

  @Test func `our reference agrees with FIPS 180-4 and RFC 4231`() {
    #expect(
      SHA256.hex(SHA256.hash(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hex(SHA256.authenticate("what do ya want for nothing?", key: Array("Jefe".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  @Test(arguments: [1000, 2_000_000])
  func `a body from a file is signed by its hash`(size: Int) async throws {
    let file = try TestFile(someBytes(size))
    let payload = String(repeating: "0123456789abcdef", count: 4)
    let request = try await request {
      $0.authentication = signature
      $0.payloadSHA256 = payload
      $0.body = TransferBody([
        .bytes(Array("{".utf8)), .base64(path: file.path, size: Int64(size), hasLines: false),
      ])
    }
    #expect(request.body == Array(("{" + base64(someBytes(size))).utf8))
    #expect(request.header("x-amz-content-sha256") == "x-amz-content-sha256: \(payload)")
    try expectSigned(request, payload: payload)
  }

  @Test func `a session token and other headers are signed`() async throws {
    let request = try await request {
      $0.headers += [("X-Amzn-Trace", "a  b"), ("User-Agent", "rekey")]
      $0.authentication = .awsSigV4(
        accessKeyID: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        region: "eu-west-1", service: "ses", sessionToken: "IQoJb3Jp/Z2luX2Vj==")
      $0.payloadSHA256 = SHA256.hex(SHA256.hash([]))
    }
    #expect(
      request.header("x-amz-security-token") == "x-amz-security-token: IQoJb3Jp/Z2luX2Vj==")
    try expectSigned(request, payload: SHA256.hex(SHA256.hash([])))
    let authorization = try #require(request.header("authorization"))
    #expect(
      authorization.contains(
        "user-agent;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amzn-trace"))
  }

  @Test(arguments: [
    ("Authorization", "x"), ("X-Amz-Date", "20260101T000000Z"), ("Date", "x"), ("Host", "x"),
    ("X-Empty", ""), ("X-Amz-Date-Of", "x"), ("X-Amz", "x"), ("Content-Type-Of", "x"),
  ])
  func `a header that would spoil the signature is refused`(name: String, value: String)
    async throws
  {
    var call = call(80, method: "POST")
    call.headers = [("Content-Type", "application/json"), (name, value)]
    call.authentication = signature
    await expectError(TransferError(.refused, cause: "header")) {
      try await withLoop { [call] in try await $0.perform(call) }
    }
  }

  @Test(arguments: [
    HTTPAuthentication.basic(user: "a:b", password: "c"), .basic(user: "a\n", password: "c"),
    .basic(user: "a", password: "c\0d"),
    .awsSigV4(accessKeyID: "", secret: "s", region: "r", service: "s", sessionToken: nil),
    .awsSigV4(accessKeyID: "a", secret: "", region: "r", service: "s", sessionToken: nil),
    .awsSigV4(accessKeyID: "a", secret: "s", region: "r:x", service: "s", sessionToken: nil),
    .awsSigV4(accessKeyID: "a", secret: "s", region: "", service: "s", sessionToken: nil),
    .awsSigV4(accessKeyID: "a", secret: "s", region: "r", service: "s", sessionToken: "a\r\nb"),
  ])
  func `a name or secret that is none is refused`(authentication: HTTPAuthentication)
    async throws
  {
    var call = call(80, method: "POST")
    call.authentication = authentication
    await expectError(TransferError(.refused, cause: "authentication")) {
      try await withLoop { [call] in try await $0.perform(call) }
    }
  }

  @Test func `a region may have 64 letters and not one more`() async throws {
    for count in [64, 65] {
      var call = call(closedPort(), method: "POST")
      call.authentication = .awsSigV4(
        accessKeyID: "a", secret: "s", region: String(repeating: "r", count: count),
        service: "s", sessionToken: nil)
      call.payloadSHA256 = String(repeating: "a", count: 64)
      let expected =
        count == 64 ? TransferError(.connect) : TransferError(.refused, cause: "authentication")
      await expectError(expected) {
        try await withLoop { [call] in try await $0.perform(call) }
      }
    }
  }

  @Test func `nothing is signed without its hash`() async throws {
    var call = call(closedPort(), method: "POST")
    call.authentication = signature
    let none: [String?] = [nil, ""]
    for hash in none + [String(repeating: "A", count: 64), String(repeating: "a", count: 63)] {
      call.payloadSHA256 = hash
      await expectError(TransferError(.refused, cause: "payload_hash")) {
        try await withLoop { [call] in try await $0.perform(call) }
      }
    }
  }

  @Test func `no description shows a secret`() {
    for authentication in [signature, .basic(user: "AKIDEXAMPLE", password: "wJalrXUtn")] {
      var text = "\(authentication) \(String(reflecting: authentication))"
      dump(authentication, to: &text)
      #expect(!text.contains("AKID") && !text.contains("wJalr"))
    }
  }
}

/// Makes the signature of `request` a second time, from what arrived (AWS Signature Version 4).
private func expectSigned(_ request: HTTPScript.Request, payload: String) throws {
  let authorization = try #require(request.header("authorization"))
  let parts = authorization.split { " ,".contains($0) }.map(String.init)
  try #require(parts.count == 5 && parts[1] == "AWS4-HMAC-SHA256")
  let time = try #require(request.value("x-amz-date"))
  let scope = "\(time.prefix(8))/eu-west-1/ses/aws4_request"
  #expect(parts[2] == "Credential=AKIDEXAMPLE/\(scope)")
  let names = parts[3].dropFirst("SignedHeaders=".count).split(separator: ";").map(String.init)
  #expect(names == names.sorted() && names.contains("host"))
  let headers = try names.map { "\($0):\(try #require(request.value($0)))\n" }.joined()
  let line = request.head[0].split(separator: " ")
  let canonical = [
    String(line[0]), String(line[1]), "", headers, names.joined(separator: ";"), payload,
  ].joined(separator: "\n")
  let toSign =
    "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n" + SHA256.hex(SHA256.hash(Array(canonical.utf8)))
  var key = Array("AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".utf8)
  for part in scope.split(separator: "/") { key = SHA256.authenticate(String(part), key: key) }
  #expect(parts[4] == "Signature=" + SHA256.hex(SHA256.authenticate(toSign, key: key)))
}

extension HTTPScript.Request {
  /// With every run of spaces as one.
  fileprivate func value(_ name: String) -> String? {
    header(name).map { line in
      line.dropFirst(name.count + 1).split(separator: " ").joined(separator: " ")
    }
  }
}
