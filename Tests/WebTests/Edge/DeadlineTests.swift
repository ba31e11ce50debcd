import NIOCore
import NIOEmbedded
import Testing

@testable import Web

/// A limit of no seconds has always passed, one of an hour never: so each phase is seen to have its
/// own, and no test waits.
@Suite struct `A connection's deadline` {
  private static func limits(idle: Int64, head: Int64, request: Int64) -> EdgeLimits {
    var limits = EdgeLimits()
    (limits.idleSeconds, limits.headSeconds, limits.requestSeconds) = (idle, head, request)
    return limits
  }

  private static let hour: Int64 = 3600

  /// Whether a connection in this phase is closed when its timer looks.
  private func isClosed(
    _ limits: EdgeLimits, in phase: ConnectionDeadlines.Phase
  ) throws -> Bool {
    let channel = try EmbeddedChannel.connected()
    let deadlines = ConnectionDeadlines(limits: limits, channel: channel)
    deadlines.start()
    deadlines.enter(phase)
    channel.embeddedEventLoop.advanceTime(to: .now())
    defer { deadlines.stop() }
    return !channel.isActive
  }

  @Test(arguments: [ConnectionDeadlines.Phase.idle, .head, .request])
  func `is that of the phase it is in`(phase: ConnectionDeadlines.Phase) throws {
    let hour = Self.hour
    let own = Self.limits(
      idle: phase == .idle ? 0 : hour, head: phase == .head ? 0 : hour,
      request: phase == .request ? 0 : hour)
    let others = Self.limits(
      idle: phase == .idle ? hour : 0, head: phase == .head ? hour : 0,
      request: phase == .request ? hour : 0)
    #expect(try isClosed(own, in: phase))
    #expect(try !isClosed(others, in: phase))
  }

  @Test func `of the header begins with its first byte and does not move with the next`() throws {
    let channel = try EmbeddedChannel.connected()
    let deadlines = ConnectionDeadlines(
      limits: Self.limits(idle: Self.hour, head: 0, request: Self.hour), channel: channel)
    try channel.pipeline.syncOperations.addHandler(FirstByteHandler(deadlines: deadlines))
    channel.embeddedEventLoop.advanceTime(to: .now())
    #expect(deadlines.phase == .idle && channel.isActive)
    try channel.writeInbound(ByteBuffer(string: "G"))
    #expect(deadlines.phase == .head)
    try channel.writeInbound(ByteBuffer(string: "E"))
    channel.embeddedEventLoop.advanceTime(to: .now())
    #expect(!channel.isActive)
  }

  @Test func `of a request is not moved by the bytes of its body`() throws {
    let channel = try EmbeddedChannel.connected()
    let deadlines = ConnectionDeadlines(
      limits: Self.limits(idle: Self.hour, head: Self.hour, request: 0), channel: channel)
    try channel.pipeline.syncOperations.addHandler(FirstByteHandler(deadlines: deadlines))
    deadlines.enter(.request)
    try channel.writeInbound(ByteBuffer(string: "b"))
    #expect(deadlines.phase == .request)
    channel.embeddedEventLoop.advanceTime(to: .now())
    #expect(!channel.isActive)
  }

  @Test func `ends with the connection`() throws {
    let channel = try EmbeddedChannel.connected()
    let deadlines = ConnectionDeadlines(
      limits: Self.limits(idle: 0, head: 0, request: 0), channel: channel)
    deadlines.start()
    deadlines.stop()
    channel.embeddedEventLoop.advanceTime(to: .now())
    #expect(channel.isActive)
  }
}

extension EmbeddedChannel {
  fileprivate static func connected() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 1), promise: nil)
    return channel
  }
}
