import NIOEmbedded
import Testing

@testable import Web

@Suite(.timeLimit(.minutes(1))) struct `A connection that brings a report` {
  private static func post(_ path: String, _ count: Int) -> String {
    "POST \(path) HTTP/1.1\r\nHost: a.test\r\nContent-Length: \(count)\r\n\r\n"
      + String(repeating: "b", count: count)
  }

  @Test(arguments: ["/hooks/ses", "/hooks/ses?a=b"])
  func `may bring more than another, by its path`(path: String) async throws {
    var limits = EdgeLimits()
    limits.body = 64
    let own = limits.with(bodies: ["/hooks/ses": 256])
    try await Wire.with(limits: own, readsBody: false) { wire in
      try await wire.send(Self.post(path, 256))
      #expect(try await wire.answers().hasBytes("HTTP/1.1 200 "))
      #expect(wire.channel.isActive)
      try await wire.send(Self.post(path, 257) + Self.post(path, 1))
      _ = try await wire.answers()
      try await wire.closed()
      #expect(wire.seen.requests.count == 2)
    }
  }

  @Test(arguments: ["/hooks/sesx", "/hooks/", "/Hooks/ses", "//hooks/ses", "/x?/hooks/ses"])
  func `may not, by another path`(path: String) async throws {
    var limits = EdgeLimits()
    limits.body = 64
    let own = limits.with(bodies: ["/hooks/ses": 256])
    try await Wire.with(limits: own, readsBody: false) { wire in
      // Its own limit ends with its request.
      try await wire.send(Self.post("/hooks/ses", 256))
      _ = try await wire.answers()
      try await wire.send(Self.post(path, 65))
      _ = try await wire.answers()
      try await wire.closed()
    }
  }
}
