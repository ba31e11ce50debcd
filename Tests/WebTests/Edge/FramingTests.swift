import NIOHTTP1
import Testing

@testable import Web

@Suite struct `A request's framing` {
  private func refusal(
    _ fields: [(String, String)], uri: String = "/x", version: HTTPVersion = .http1_1
  ) -> EdgeRefusal? {
    let head = HTTPRequestHead(
      version: version, method: .POST, uri: uri, headers: HTTPHeaders(fields))
    do {
      try head.checkFraming()
      return nil
    } catch { return error }
  }

  private static let host = ("host", "a.test")

  @Test(arguments: ["0", "5", "16385", "000", String(repeating: "9", count: 18)])
  func `is sound with one length of up to 18 digits`(length: String) {
    #expect(refusal([Self.host, ("Content-Length", length)]) == nil)
  }

  @Test(arguments: [
    "+5", "-1", "0x5", "5 ", "5,5", "5, 5", "5.0", "\u{661}", "5\u{301}",
    String(repeating: "9", count: 19),
  ])
  func `is malformed with any other length`(length: String) {
    #expect(refusal([Self.host, ("Content-Length", length)]) == .malformed)
  }

  @Test func `is sound without a length, and malformed with two, equal or not`() {
    #expect(refusal([Self.host]) == nil)
    for second in ["5", "6"] {
      let fields = [Self.host, ("Content-Length", "5"), ("content-length", second)]
      #expect(refusal(fields) == .malformed)
    }
  }

  @Test func `is sound with chunks alone`() {
    #expect(refusal([Self.host, ("Transfer-Encoding", "chunked")]) == nil)
    let both = [Self.host, ("Transfer-Encoding", "chunked"), ("Content-Length", "5")]
    #expect(refusal(both) == .malformed)
    let twice = [Self.host, ("Transfer-Encoding", "chunked"), ("transfer-encoding", "chunked")]
    #expect(refusal(twice) == .malformed)
  }

  @Test(arguments: [
    "chunked ", "x, chunked", "chunked, identity", "gzip", "identity", "",
    "chunked\u{301}", "chunked,",
  ])
  func `is malformed with another coding`(coding: String) {
    #expect(refusal([Self.host, ("Transfer-Encoding", coding)]) == .malformed)
  }

  @Test func `names its host once in HTTP/1.1 and at most once in HTTP/1.0`() {
    #expect(refusal([]) == .malformed)
    #expect(refusal([Self.host, Self.host]) == .malformed)
    #expect(refusal([], version: .http1_0) == nil)
    #expect(refusal([Self.host], version: .http1_0) == nil)
    #expect(refusal([Self.host, Self.host], version: .http1_0) == .malformed)
  }

  @Test(arguments: [HTTPVersion(major: 0, minor: 9), .init(major: 1, minor: 2), .http2])
  func `is of version 1.1 or 1.0`(version: HTTPVersion) {
    #expect(refusal([Self.host], version: version) == .malformed)
  }

  @Test func `knows no chunks in HTTP/1.0`() {
    let fields = [Self.host, ("Transfer-Encoding", "chunked")]
    #expect(refusal(fields, version: .http1_0) == .malformed)
  }

  @Test(arguments: ["/", "/x?y=/", "//x", "/\u{301}"])
  func `has a target in origin form`(uri: String) {
    #expect(refusal([Self.host], uri: uri) == nil)
  }

  @Test(arguments: ["", "*", "x", "http://evil.test/reset/verify", "a.test:443", "?token=x", " /"])
  func `is malformed with a target in another form`(uri: String) {
    #expect(refusal([Self.host], uri: uri) == .malformed)
  }
}
