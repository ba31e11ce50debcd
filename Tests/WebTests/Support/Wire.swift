import Formats
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import PasswordReset
import Synchronization

@testable import Web

/// One connection in memory: bytes in, bytes out, with the whole pipeline of production. Behind it
/// stands a route that reads the body and answers 200 with what it has read.
struct Wire {
  let channel = NIOAsyncTestingChannel()
  let seen = Seen()

  /// What has reached the routes, and what was refused before.
  final class Seen: Sendable {
    private let targets = Mutex<[String]>([])
    private let refused = Mutex<[EdgeRefusal]>([])

    var requests: [String] { targets.withLock { $0 } }
    var refusals: [EdgeRefusal] { refused.withLock { $0 } }

    func add(_ target: String) { targets.withLock { $0.append(target) } }
    func add(_ refusal: EdgeRefusal) { refused.withLock { $0.append(refusal) } }
  }

  /// - Parameter readsBody: whether the route looks at the body before it answers.
  static func with(
    limits: EdgeLimits = EdgeLimits(), readsBody: Bool = true,
    _ body: @Sendable (Wire) async throws -> Void
  ) async throws {
    let wire = Wire()
    let (seen, limit) = (wire.seen, limits.body)
    let edge = EdgeChannel(
      responder: { request, writer, _ in
        seen.add(request.head.path ?? "")
        var status = HTTPResponse.Status.ok
        var text = ""
        if readsBody {
          do { text = String(buffer: try await request.body.collect(upTo: limit)) } catch {
            status = .contentTooLarge
          }
        }
        let response = Response(
          status: status, headers: [.contentLength: String(text.utf8.count)],
          body: .init(byteBuffer: ByteBuffer(string: text)))
        let body = try await writer.writeHead(response.head)
        try await response.body.write(body)
      }, limits: limits, onRefusal: { refusal, _ in seen.add(refusal) })
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let loop = wire.channel.testingEventLoop
    let setup = try await loop.executeInContext {
      edge.setup(channel: wire.channel, logger: logger)
    }
    let value = try await setup.get()
    try await wire.channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).get()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await edge.handle(value: value, logger: logger) }
      try await body(wire)
      try? await wire.channel.close()
      try await group.waitForAll()
    }
  }

  func send(_ text: String) async throws {
    try await channel.writeInbound(ByteBuffer(string: text))
  }

  /// Bytes as they come, until there are so many whole answers.
  func answers(_ count: Int = 1) async throws -> String {
    var text = ""
    while !Self.isWhole(text, count) {
      try await turn()
      if let bytes = try await channel.readOutbound(as: ByteBuffer.self) {
        text += String(buffer: bytes)
      }
    }
    return text
  }

  /// Returns once the service has closed the connection.
  func closed() async throws {
    while channel.isActive { try await turn() }
  }

  /// Runs what is due on the event loop and lets the routes go on; no time passes.
  private func turn() async throws {
    try Task.checkCancellation()
    await channel.testingEventLoop.run()
    await Task.yield()
  }

  /// Reads answers that have a Content-Length, one after the other.
  private static func isWhole(_ text: String, _ count: Int) -> Bool {
    var bytes = Array(text.utf8)[...]
    for _ in 0..<count {
      let end = Array("\r\n\r\n".utf8)
      guard let stop = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else {
        return false
      }
      let head = String(decoding: bytes[..<stop], as: UTF8.self)
      guard let length = Self.length(in: head), bytes.endIndex - stop - 4 >= length else {
        return false
      }
      bytes = bytes[(stop + 4 + length)...]
    }
    return true
  }

  private static func length(in head: String) -> Int? {
    for line in head.split(separator: "\r\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, String(parts[0]).asciiLowercased == "content-length" {
        return Int(parts[1].drop { $0 == " " })
      }
    }
    return nil
  }
}
