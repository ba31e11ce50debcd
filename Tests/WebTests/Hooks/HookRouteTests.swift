import HTTPTypes
import Hummingbird
import NIOCore
import PasswordReset
import StoreContract
import Testing

@testable import Web

@Suite struct `A mail provider's hook` {
  private static let providers: Set = ["sendgrid", "mailgun", "postmark", "ses"]
  private static let limit = 1_048_576

  private func site() throws -> Site { try Site(hooks: Self.providers) }

  private func call(
    _ site: Site, _ vector: HookVector, body: String? = nil, headers: [(String, String)]? = nil
  ) async throws -> Site.Answer {
    try await site.send(
      .post, vector.path, at: .public, headers: headers ?? vector.headers,
      body: RequestBody(buffer: ByteBuffer(string: body ?? vector.body)))
  }

  private func isSuppressed(_ site: Site, for caller: String = "app") async throws -> Bool {
    let address = try EmailAddress("ada@example.com", policy: Sample.policy)
    return try await site.store.contains(try site.vault.addressKey(address, caller: caller))
  }

  @Test(arguments: HookVector.all)
  func `takes a report once`(vector: HookVector) async throws {
    let site = try site()
    #expect(try await isSuppressed(site) == false)
    let taken = try await call(site, vector)
    #expect(taken.status == 200 && taken.body == #"{"status":"ok"}"#)
    #expect(taken.headers[.contentType] == "application/json")
    #expect(try await isSuppressed(site))
    for _ in 0..<2 {
      let again = try await call(site, vector)
      #expect(again.status == 409 && again.code == "hook_replayed")
      #expect(again.headers[.contentType] == "application/problem+json")
    }
  }

  @Test func `tells of the request that a report names`() async throws {
    let site = try site()
    let id = try await site.contract.mail()
    let body = """
      {"RecordType":"SpamComplaint","ID":7,"Email":"ada@example.com",\
      "Metadata":{"rekey_request":"\(id)"}}
      """
    #expect(try await call(site, .postmark, body: body).status == 200)
    #expect(try await isSuppressed(site) && site.store.messagesLeft == 1)
    #expect(try await call(site, .postmark, body: body).status == 409)
    #expect(site.store.messagesLeft == 1)
  }

  @Test func `suppresses for the caller whose request it names, and for all where it names none`()
    async throws
  {
    for (number, names) in ["its request", "a request that is not there", "none"].enumerated() {
      let site = try site()
      let ids = [try await site.contract.mail(), RequestID.lowest(at: try site.store.now())]
      let metadata = ids.dropFirst(number).first.map { #","Metadata":{"rekey_request":"\#($0)"}"# }
      let body =
        #"{"RecordType":"SpamComplaint","ID":7,"Email":"ada@example.com"\#(metadata ?? "")}"#
      #expect(try await call(site, .postmark, body: body).status == 200)
      #expect(try await isSuppressed(site), "naming \(names)")
      #expect(try await isSuppressed(site, for: "other") == (number > 0), "naming \(names)")
      #expect(try await isSuppressed(site, for: "unheard of") == false)
    }
  }

  @Test(arguments: HookVector.all)
  func `takes nothing unproved`(vector: HookVector) async throws {
    let site = try site()
    let isInBody = vector.headers.allSatisfy { $0.0 == "Content-Type" }
    let forged =
      isInBody ? vector.body.replacing("\"signature\":\"", with: "\"signature\":\"0") : nil
    let body = forged?.replacing("\"Signature\":\"", with: "\"Signature\":\"AAAA")
    let answers = [
      try await call(site, vector, body: body, headers: []),
      try await call(site, vector, body: "", headers: []),
    ]
    for answer in answers {
      #expect(answer.status == 401 && answer.code == "hook_unauthenticated")
      let challenge = vector.path == "/hooks/postmark" ? "Basic realm=\"hooks\"" : "Signature"
      #expect(answer.headers[.wwwAuthenticate] == challenge)
      #expect(answer.headers[.contentType] == "application/problem+json")
    }
    #expect(try await isSuppressed(site) == false)
  }

  @Test(arguments: [HookVector.sendGrid, .mailgun, .ses])
  func `judges the age of a call by the database's clock`(vector: HookVector) async throws {
    let site = try site()
    // The vectors' second began 123456 microseconds ago.
    site.store.advance(by: .seconds(86_400) - .microseconds(123_455))
    #expect(try await call(site, vector).code == "hook_unauthenticated")
    site.store.advance(by: .microseconds(-1))
    #expect(try await call(site, vector).status == 200)
    let early = try self.site()
    early.store.advance(by: .seconds(-300) - .microseconds(123_457))
    #expect(try await call(early, vector).code == "hook_unauthenticated")
    early.store.advance(by: .microseconds(1))
    #expect(try await call(early, vector).status == 200)
  }

  @Test(arguments: HookVector.all)
  func `is not there unless it is configured`(vector: HookVector) async throws {
    let provider = String(vector.path.dropFirst("/hooks/".utf8.count))
    let site = try Site(hooks: Self.providers.subtracting([provider]))
    let answer = try await call(site, vector)
    #expect(answer.status == 404)
    #expect(answer.body == (try await site.open("/nowhere")).body)
  }

  @Test func `is a POST, at the public door only`() async throws {
    let site = try site()
    let answer = try await site.send(.get, "/hooks/ses", at: .public)
    #expect(answer.status == 405 && answer.headers[.allow] == "POST")
    #expect(answer.code == "method_not_allowed")
    let key = [("Authorization", "Bearer \(site.key)")]
    for vector in HookVector.all {
      let inside = try await site.send(.post, vector.path, at: .internal, headers: key)
      #expect(inside.status == 404)
    }
  }

  @Test(arguments: ["", "{", "[]"])
  func `says of a body that is proved and cannot be read that it is bad`(
    body: String
  ) async throws {
    let answer = try await call(try site(), .postmark, body: body)
    #expect(answer.status == 400 && answer.code == "bad_request")
  }

  @Test(arguments: [#"{"RecordType":"Open"}"#, #"{"RecordType":"UnheardOf","ID":1}"#])
  func `has a good word for what it has no use for`(body: String) async throws {
    let site = try site()
    #expect(try await call(site, .postmark, body: body).status == 200)
    #expect(try await call(site, .postmark, body: body).status == 409)
    #expect(try await isSuppressed(site) == false)
  }

  @Test func `takes 1 MiB and not an octet more`() async throws {
    let site = try site()
    let vector = HookVector.postmark
    let body = { (count: Int) in
      vector.body + String(repeating: " ", count: count - vector.body.utf8.count)
    }
    let over = body(Self.limit + 1)
    for vector in HookVector.all {
      let length = [("Content-Length", String(Self.limit + 1))]
      let declared = try await call(site, vector, body: over, headers: vector.headers + length)
      #expect(declared.status == 413 && declared.code == "body_too_large")
    }
    #expect(try await call(site, vector, body: over).status == 413)
    #expect(try await isSuppressed(site) == false)
    #expect(try await call(site, vector, body: body(Self.limit)).status == 200)
    #expect(try await isSuppressed(site))
  }

  @Test func `leaves the limit of other routes as it is`() async throws {
    let form = "token=x&x=" + String(repeating: "x", count: 16_384)
    #expect(try await site().form(form).status == 413)
  }

  @Test(arguments: HookVector.all)
  func `takes a report later that it could not take before`(vector: HookVector) async throws {
    let site = try site()
    site.store.fail(with: .unavailable)
    let answer = try await call(site, vector)
    #expect(answer.status == 503 && answer.code == "unavailable")
    #expect(answer.headers[.retryAfter] == "2")
    site.store.fail(with: nil)
    #expect(try await call(site, vector).status == 200)
  }

  @Test func `is busy where too many bodies are being read`() async throws {
    let permits = BodyPermits(1)
    let site = try Site(hooks: Self.providers, permits: permits)
    #expect(permits.take() && !permits.take())
    let answer = try await call(site, .ses)
    #expect(answer.status == 503 && answer.headers[.retryAfter] == "1")
    // Who has no credentials is sent away without a body.
    #expect(try await call(site, .postmark, headers: []).status == 401)
    permits.giveBack()
    for _ in 0..<3 { #expect(try await call(site, .ses, body: "x").status == 401) }
    #expect(try await call(site, .ses).status == 200)
  }

  @Test func `says and logs nothing of whom or by what key`() async throws {
    let site = try site()
    var bodies: [String] = []
    for vector in HookVector.all {
      for headers in [vector.headers, vector.headers, []] {
        bodies.append(try await call(site, vector, headers: headers).body)
      }
      bodies.append(try await call(site, vector, body: vector.body + "x").body)
      #expect(site.log.lines.last?.fields["route"] == vector.path)
    }
    #expect(site.log.lines.count == 16)
    let secrets = [
      "ada", "example", "signing-key", "password-of", "Basic cG9", "MFkw", "MEY", "c6f1f8",
      "5637dc", "22b80b92", "bounces",
    ]
    // Random hexadecimal digits may spell "ada".
    let traces = site.log.lines.compactMap { $0.fields["trace"] }
    #expect(traces.count == 16)
    for text in bodies + site.log.lines.map(\.text) {
      let text = traces.reduce(text) { $0.replacing($1, with: "") }
      for secret in secrets { #expect(!text.hasBytes(secret), "\(secret)") }
    }
    #expect(site.log.lines.contains { $0.fields["code"] == "hook_replayed" })
  }
}
