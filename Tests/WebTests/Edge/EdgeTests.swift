import NIOCore
import NIOEmbedded
import Testing

@testable import Web

@Suite(.timeLimit(.minutes(1))) struct `A connection` {
  private static let post = "POST /x HTTP/1.1\r\nHost: a.test\r\n"

  private static func post(_ body: String) -> String {
    "\(post)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  @Test func `hands on what is well framed, one after the other`() async throws {
    try await Wire.with { wire in
      try await wire.send(Self.post("one") + Self.post("two"))
      let answers = try await wire.answers(2)
      #expect(answers.count(of: "HTTP/1.1 200 ") == 2)
      #expect(answers.hasBytes("\r\n\r\none") && answers.hasBytes("\r\n\r\ntwo"))
      #expect(wire.seen.requests == ["/x", "/x"] && wire.seen.refusals.isEmpty)
      #expect(wire.channel.isActive)
    }
  }

  @Test(arguments: [
    "Content-Length: 3\r\nContent-Length: 3\r\n", "Transfer-Encoding: x, chunked\r\n",
    "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "Host: b.test\r\n",
    "X-Folded: a\r\n b\r\n", "Content-Length : 3\r\n", "no colon\r\n", "X: a\0b\r\n",
  ])
  func `ends with a 400 at odd framing, and nothing behind it runs`(field: String) async throws {
    try await Wire.with { wire in
      try await wire.send("\(Self.post)\(field)\r\n0\r\n\r\n" + Self.post("smuggled"))
      let answer = try await wire.answers()
      #expect(answer.hasBytes("HTTP/1.1 400 "))
      #expect(answer.count(of: "HTTP/1.1 ") == 1)
      #expect(answer.hasBytes("connection: close\r\n"))
      #expect(answer.hasBytes("\"code\":\"bad_request\""))
      #expect(wire.seen.requests.isEmpty && wire.seen.refusals == [.malformed])
      try await wire.closed()
    }
  }

  @Test func `answers what came before the odd framing first`() async throws {
    try await Wire.with { wire in
      try await wire.send(Self.post("one") + "\(Self.post)Content-Length: x\r\n\r\n")
      let answers = try await wire.answers(2)
      #expect(answers.utf8.starts(with: "HTTP/1.1 200 ".utf8))
      #expect(answers.count(of: "HTTP/1.1 400 ") == 1)
      #expect(wire.seen.requests == ["/x"])
    }
  }

  @Test func `does not say what it could not read`() async throws {
    try await Wire.with { wire in
      try await wire.send("GET /reset/verify?token=secret HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
      #expect(!(try await wire.answers()).hasBytes("secret"))
    }
  }

  @Test func `hands a target on as it came, without folding`() async throws {
    let target = "//x/../y?%2F%c3%a9&a=b;c"
    try await Wire.with { wire in
      try await wire.send("GET \(target) HTTP/1.1\r\nHost: a.test\r\n\r\n")
      #expect(try await wire.answers().hasBytes("HTTP/1.1 200 "))
      #expect(wire.seen.requests == [target])
    }
  }

  @Test func `refuses a target with bytes outside ASCII`() async throws {
    try await Wire.with { wire in
      try await wire.send("GET /x?\u{301} HTTP/1.1\r\nHost: a.test\r\n\r\n")
      #expect(try await wire.answers().hasBytes("HTTP/1.1 400 "))
      #expect(wire.seen.refusals == [.malformed])
    }
  }

  @Test func `refuses a method that it does not know with 501`() async throws {
    try await Wire.with { wire in
      try await wire.send("BREW / HTTP/1.1\r\nHost: a.test\r\n\r\n")
      #expect(try await wire.answers().hasBytes("HTTP/1.1 501 "))
      #expect(wire.seen.refusals == [.unknownMethod])
    }
  }

  @Test(arguments: [(100, false), (101, true)])
  func `takes 100 fields and not one more`(count: Int, isRefused: Bool) async throws {
    let fields = (1..<count).map { "X-\($0): y\r\n" }.joined()
    try await Wire.with { wire in
      try await wire.send("GET / HTTP/1.1\r\nHost: a.test\r\n\(fields)\r\n")
      let answer = try await wire.answers()
      #expect(answer.hasBytes(isRefused ? "HTTP/1.1 431 " : "HTTP/1.1 200 "))
      #expect(wire.seen.refusals == (isRefused ? [.headersTooLarge] : []))
    }
  }

  @Test(arguments: [(0, false), (1, true)])
  func `takes as many header bytes as it may and not one more`(
    excess: Int, isRefused: Bool
  ) async throws {
    var limits = EdgeLimits()
    limits.headerBytes = 256
    // The target, and name and value of both fields, without separators.
    let value = String(repeating: "v", count: 256 - "/Hosta.testX".utf8.count + excess)
    try await Wire.with(limits: limits) { wire in
      try await wire.send("GET / HTTP/1.1\r\nHost: a.test\r\nX: \(value)\r\n\r\n")
      let answer = try await wire.answers()
      #expect(answer.hasBytes(isRefused ? "HTTP/1.1 431 " : "HTTP/1.1 200 "))
    }
  }

  @Test func `refuses a header that never ends as soon as it is too long`() async throws {
    try await Wire.with { wire in
      try await wire.send("GET / HTTP/1.1\r\nHost: a.test\r\nX: ")
      for _ in 0..<17 { try? await wire.send(String(repeating: "v", count: 1024)) }
      #expect(try await wire.answers().hasBytes("HTTP/1.1 431 "))
    }
  }

  @Test(arguments: [true, false])
  func `takes a body at the limit, and ends with one over it`(readsBody: Bool) async throws {
    var limits = EdgeLimits()
    limits.body = 64
    try await Wire.with(limits: limits, readsBody: readsBody) { wire in
      try await wire.send(Self.post(String(repeating: "b", count: 64)))
      #expect(try await wire.answers().hasBytes("HTTP/1.1 200 "))
      #expect(wire.channel.isActive)
      try await wire.send(Self.post(String(repeating: "b", count: 65)) + Self.post("behind"))
      let answer = try await wire.answers()
      #expect(answer.hasBytes(readsBody ? "HTTP/1.1 413 " : "HTTP/1.1 200 "))
      try await wire.closed()
      #expect(wire.seen.requests.count == 2)
    }
  }

  @Test func `counts the bytes of chunks over all of them`() async throws {
    var limits = EdgeLimits()
    limits.body = 64
    let chunk = "10\r\n0123456789abcdef\r\n"
    let head = "\(Self.post)Transfer-Encoding: chunked\r\n\r\n"
    try await Wire.with(limits: limits) { wire in
      try await wire.send(head + String(repeating: chunk, count: 4) + "0\r\n\r\n")
      #expect(try await wire.answers().hasBytes("HTTP/1.1 200 "))
      try await wire.send(head + String(repeating: chunk, count: 5))
      #expect(try await wire.answers().hasBytes("HTTP/1.1 413 "))
      try await wire.closed()
    }
  }
}
