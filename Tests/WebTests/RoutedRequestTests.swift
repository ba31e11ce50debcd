import Formats
import HTTPTypes
import Hummingbird
import NIOCore
import PasswordReset
import Testing

@testable import Web

@Suite struct `A request at a route` {
  private static let json = "application/json"

  private func exchange(
    _ fields: [(String, String)] = [], body: RequestBody = RequestBody(buffer: ByteBuffer()),
    limit: Int = 8, path: String? = "/x"
  ) throws -> RoutedRequest {
    var head = HTTPRequest(method: .post, scheme: "http", authority: "a.test", path: path)
    for (name, value) in fields {
      head.headerFields.append(HTTPField(name: try #require(.init(name)), value: value))
    }
    return RoutedRequest(
      http: Request(head: head, body: body), trace: Trace(), parameter: "", bodyLimit: limit)
  }

  private func code(_ attempt: () throws(Problem) -> Void) -> String? {
    do {
      try attempt()
      return nil
    } catch { return error.code }
  }

  private func bodyProblem(_ exchange: RoutedRequest) async -> Problem? {
    do {
      _ = try await exchange.body()
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    json, "Application/JSON", "application/json; charset=utf-8", "application/json;charset=UTF-8",
    "application/json ; charset=\"utf-8\"", "application/json\t;\tcharset=utf-8",
  ])
  func `is of a media type in any case, in UTF-8 if it says so`(type: String) throws {
    let exchange = try exchange([("Content-Type", type)])
    #expect(code { () throws(Problem) in try exchange.require(mediaType: Self.json) } == nil)
  }

  @Test(arguments: [
    "", "text/plain", "application/jsonx", "application/problem+json", "xapplication/json",
    "application/json; charset=utf-16", "application/json; charset=latin1",
    "application/json; charset=utf-8; x=y", "application/json; boundary=x", "application/json, x/y",
    "application/json\u{301}", "application/json; charset=utf-8\u{301}", "text/x;application/json",
  ])
  func `is of another media type otherwise`(type: String) throws {
    let exchange = try exchange([("Content-Type", type)])
    #expect(
      code { () throws(Problem) in try exchange.require(mediaType: Self.json) }
        == "unsupported_media_type")
  }

  @Test(arguments: [";application/json", "appli cation/json", "application/json; char set=utf-8"])
  func `is of no media type where that is written in no right way`(type: String) throws {
    let exchange = try exchange([("Content-Type", type)])
    #expect(
      code { () throws(Problem) in try exchange.require(mediaType: Self.json) }
        == "unsupported_media_type")
  }

  @Test func `names its media type once, and no coding`() throws {
    let one = ("Content-Type", Self.json)
    for fields in [[], [one, one], [one, ("Content-Encoding", "gzip")]] {
      let exchange = try exchange(fields)
      #expect(
        code { () throws(Problem) in try exchange.require(mediaType: Self.json) }
          == "unsupported_media_type")
    }
  }

  @Test(arguments: [0, 1, 8])
  func `gives a body up to the limit`(count: Int) async throws {
    let bytes = [UInt8](repeating: 0xff, count: count)
    let exchange = try exchange(body: RequestBody(buffer: ByteBuffer(bytes: bytes)))
    #expect(try await exchange.body() == bytes)
  }

  @Test func `gives no body of one byte more, and closes`() async throws {
    let body = RequestBody(buffer: ByteBuffer(repeating: 1, count: 9))
    let problem = await bodyProblem(try exchange(body: body))
    #expect(problem?.code == "body_too_large" && problem?.closesConnection == true)
  }

  @Test(arguments: [(["1234", "5678"], true), (["1234", "5678", "9"], false)])
  func `counts a body in parts as a whole`(parts: [String], isWithin: Bool) async throws {
    let (stream, source) = AsyncStream.makeStream(of: ByteBuffer.self)
    for part in parts { source.yield(ByteBuffer(string: part)) }
    source.finish()
    let problem = await bodyProblem(try exchange(body: RequestBody(asyncSequence: stream)))
    #expect((problem == nil) == isWithin)
  }

  @Test func `is refused by its length before a byte is read`() async throws {
    for (length, code) in [("9", "body_too_large"), ("8", "bad_request")] {
      let broken = AsyncThrowingStream<ByteBuffer, any Error> { $0.finish(throwing: BrokenOff()) }
      let exchange = try exchange(
        [("Content-Length", length)], body: RequestBody(asyncSequence: broken))
      #expect(await bodyProblem(exchange)?.code == code)
    }
  }

  @Test(arguments: ["[]", "\"x\"", "1", "null", "", "{", "{} x", "\u{feff}{}", "{\"a\":1,\"a\":2}"])
  func `is a bad request unless its body is one strict JSON object`(body: String) async throws {
    let exchange = try exchange(
      [("Content-Type", Self.json)], body: RequestBody(buffer: ByteBuffer(string: body)), limit: 64)
    await #expect { try await exchange.jsonObject() } throws: {
      ($0 as? Problem)?.code == "bad_request"
    }
  }

  @Test func `keeps the bytes that its JSON was read from`() async throws {
    let body = " { \"a\" : 1 } "
    let exchange = try exchange(
      [("Content-Type", Self.json)], body: RequestBody(buffer: ByteBuffer(string: body)), limit: 64)
    #expect(try await exchange.jsonObject().bytes == Array(body.utf8))
  }

  @Test(arguments: ["k", "~!\"", String(repeating: "k", count: 256)])
  func `may name itself by up to 256 visible characters`(key: String) throws {
    #expect(try exchange([("Idempotency-Key", key)]).idempotencyKey() == IdempotencyKey(key))
    #expect(try exchange().idempotencyKey() == nil)
  }

  @Test(arguments: ["", "a b", "\u{e9}", "k\u{301}", String(repeating: "k", count: 257)])
  func `may not name itself by anything else`(key: String) throws {
    let exchange = try exchange([("Idempotency-Key", key)])
    #expect(code { () throws(Problem) in _ = try exchange.idempotencyKey() } == "bad_request")
  }

  @Test func `may not name itself twice`() throws {
    let exchange = try exchange([("Idempotency-Key", "k"), ("idempotency-key", "k")])
    #expect(code { () throws(Problem) in _ = try exchange.idempotencyKey() } == "bad_request")
  }

  @Test(arguments: [
    (String?.none, ""), ("/x", ""), ("/x?", ""), ("/x?a=b", "a=b"), ("/x?a?b", "a?b"),
    ("/x?\u{301}&a", "\u{301}&a"), ("?a", "a"),
  ])
  func `has as its query all bytes after the first question mark`(
    path: String?, query: String
  ) throws {
    #expect(try exchange(path: path).query.utf8.elementsEqual(query.utf8))
  }
}

private struct BrokenOff: Error {}
