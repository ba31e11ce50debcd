import NIOCore
import NIOPosix

/// Where everything listens, on 127.0.0.1 only.
struct Ports: Sendable, Equatable {
  let people: Int
  let programs: Int
  let app: Int
  let mailbox: Int
  let smtp: Int

  static let names = ["public listener", "internal listener", "demo app", "mailbox", "SMTP"]

  /// Five in a row from `base`, or any free ones for 0.
  /// - Throws: a line naming the first that is taken.
  init(base: Int) async throws(Failure) {
    // All are held until the last one is known, so that no two are the same.
    var held: [any Channel] = []
    var taken: String?
    for (offset, name) in Self.names.enumerated() where taken == nil {
      let port = base == 0 ? 0 : base + offset
      if let channel = await Self.hold(port) {
        held.append(channel)
      } else {
        taken = "port \(port) for the \(name) is taken; choose others with --port-base"
      }
    }
    let ports = held.compactMap { $0.localAddress?.port }
    for channel in held { try? await channel.close() }
    guard taken == nil, ports.count == Self.names.count else {
      throw Failure(taken ?? "no ports can be had")
    }
    (people, programs, app, mailbox, smtp) = (ports[0], ports[1], ports[2], ports[3], ports[4])
  }

  /// The servers bind as this does, with SO_REUSEADDR, so what they could bind is free, also a
  /// moment after a stop.
  private static func hold(_ port: Int) async -> (any Channel)? {
    guard port <= 65535 else { return nil }
    return try? await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: "127.0.0.1", port: port).get()
  }
}
