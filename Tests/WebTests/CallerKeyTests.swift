import HTTPTypes
import Hummingbird
import NIOCore
import PasswordReset
import StoreContract
import Testing

@testable import Web

@Suite struct `A caller's key` {
  private func status(
    _ site: Site, _ values: [String], body: RequestBody = RequestBody(buffer: ByteBuffer())
  ) async throws -> Site.Answer {
    let fields = values.map { ("Authorization", $0) } + [("Content-Type", "application/json")]
    return try await site.send(.post, "/reset/verify", at: .internal, headers: fields, body: body)
  }

  @Test(arguments: ["Bearer ", "bearer ", "BEARER "])
  func `opens the door with the scheme in any case`(scheme: String) async throws {
    let site = try Site()
    #expect(try await status(site, [scheme + site.key]).code == "bad_request")
    #expect(site.log.lines.last?.fields["caller"] == "app")
  }

  @Test(arguments: [
    "KEY", "Bearer", "Bearer ", "BearerKEY", "Bearer  KEY", "Bearer KEYx", "Basic KEY",
    "Bearer\tKEY",
    "Bearer KEY, Bearer KEY", "Bearer\u{301} KEY", "Bearer \u{301}KEY", "Bearer KEY\u{301}",
    "Token KEY", "\u{212a}earer KEY",
  ])
  func `opens nothing in another form`(value: String) async throws {
    let site = try Site()
    let value = value.split(separator: "KEY", omittingEmptySubsequences: false)
      .joined(separator: site.key)
    let answer = try await status(site, [value])
    #expect(answer.status == 401 && answer.code == "unauthorized")
    #expect(answer.headers[.wwwAuthenticate] == "Bearer")
    #expect(site.log.lines.last?.fields["caller"] == "-")
  }

  @Test func `stands in one header, once`() async throws {
    let site = try Site()
    let value = "Bearer \(site.key)"
    #expect(try await status(site, []).status == 401)
    #expect(try await status(site, [value, value]).status == 401)
    #expect(try await status(site, [value, "Bearer x"]).status == 401)
    let query = try await site.send(
      .post, "/reset/verify?access_token=\(site.key)", at: .internal)
    #expect(query.status == 401)
  }

  @Test func `is asked for before the body is read`() async throws {
    let site = try Site()
    let body = RequestBody(asyncSequence: NeverRead())
    #expect(try await status(site, ["Bearer wrong"], body: body).status == 401)
  }

  @Test func `is asked for where there is a route, known path and method`() async throws {
    let site = try Site()
    #expect(try await site.send(.get, "/reset/request", at: .internal).status == 405)
    #expect(try await site.send(.get, "/reset/nowhere", at: .internal).status == 404)
    #expect(try await site.send(.get, "/reset/requests/x", at: .internal).status == 401)
  }

  @Test func `opens the door to its own requests only`() async throws {
    let site = try Site()
    let id = try await site.contract.mail(Ask().with(\.caller, "other"))
    let token = try site.vault.mint(.reset, for: id)
    for path in ["/reset/verify", "/reset/consume"] {
      #expect(try await site.call(path, #"{"token":"\#(token)"}"#).code == "token_invalid")
    }
    let key = [("Authorization", "Bearer \(site.key)")]
    let found = try await site.send(.get, "/reset/requests/\(id)", at: .internal, headers: key)
    #expect(found.code == "not_found")
    #expect(
      try await site.call("/reset/invalidate", #"{"email":"ada@example.com"}"#).body
        == #"{"revoked":0}"#)
    #expect(try await site.open("/reset/verify?token=\(token)").status == 303)
  }
}

/// A body that fails the test when somebody looks at it.
private struct NeverRead: AsyncSequence, AsyncIteratorProtocol, Sendable {
  func makeAsyncIterator() -> NeverRead { self }

  mutating func next() async throws -> ByteBuffer? {
    Issue.record("the body was read")
    return nil
  }
}
