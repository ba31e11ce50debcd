import Formats
import HTTPTypes
import Hummingbird
import Testing

@testable import Web

@Suite struct `Headers of every answer` {
  private static let common = ["Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"]
  private static let pages = [
    "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
  ]
  private static let transport = "max-age=63072000; includeSubDomains"

  private func headers(
    _ audience: SecurityHeaders.Audience, on response: Response = Response(status: .ok)
  ) -> HTTPFields {
    var response = response
    SecurityHeaders(for: audience).apply(to: &response)
    return response.headers
  }

  @Test func `for programs are two`() {
    let headers = headers(.internal)
    for (name, value) in Self.common { #expect(headers[text: name] == value) }
    // The third is the length.
    #expect(headers.count == 3 && headers[.contentLength] == "0")
  }

  @Test(arguments: [true, false])
  func `for people have strict transport only over https`(isSecure: Bool) {
    let headers = headers(.public(isSecure: isSecure))
    for (name, value) in Self.common.merging(Self.pages, uniquingKeysWith: { $1 }) {
      #expect(headers[text: name] == value)
    }
    #expect(headers[text: "Strict-Transport-Security"] == (isSecure ? Self.transport : nil))
    #expect(
      headers[.contentSecurityPolicy]
        == "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    #expect(headers[.server] == nil && headers[.setCookie] == nil)
  }

  @Test func `leave a page its own policy and stand there once`() {
    let page = Response(status: .ok, headers: [.contentSecurityPolicy: "own"])
    let headers = headers(.public(isSecure: true), on: page)
    #expect(headers[values: .contentSecurityPolicy] == ["own"])
    for field in headers { #expect(headers[values: field.name].count == 1) }
  }

  @Test(arguments: [
    (HTTPRequest.Method.get, "/nowhere", 404), (.put, "/reset/verify", 405),
    (.post, "/reset/again", 415), (.head, "/reset/verify", 404),
    (.get, "/reset/verify?token=x", 404),
  ])
  func `are on refusals to people, which are pages`(
    method: HTTPRequest.Method, path: String, status: Int
  ) async throws {
    let answer = try await Site().send(method, path, at: .public)
    #expect(answer.status == status)
    #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
    for (name, value) in Self.common.merging(Self.pages, uniquingKeysWith: { $1 }) {
      #expect(answer.headers[text: name] == value)
    }
    #expect(answer.headers[text: "Strict-Transport-Security"] == Self.transport)
    #expect(answer.headers[.contentSecurityPolicy]?.hasBytes("frame-ancestors 'none'") == true)
  }

  @Test(arguments: [
    (HTTPRequest.Method.get, "/nowhere", 404), (.put, "/reset/verify", 405),
    (.post, "/reset/consume", 401), (.get, "/healthz", 200), (.get, "/reset/again", 404),
  ])
  func `are on answers to programs, which are JSON`(
    method: HTTPRequest.Method, path: String, status: Int
  ) async throws {
    let answer = try await Site().send(method, path, at: .internal)
    #expect(answer.status == status)
    for (name, value) in Self.common { #expect(answer.headers[text: name] == value) }
    let type = status < 400 ? "application/json" : "application/problem+json"
    #expect(answer.headers[.contentType] == type)
  }
}
