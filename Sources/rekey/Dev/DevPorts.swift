import Glibc

/// Where everything listens, on 127.0.0.1 only.
struct DevPorts: Sendable, Equatable {
  let people: Int
  let programs: Int
  let app: Int
  let mailbox: Int
  let smtp: Int

  static let names = ["public listener", "internal listener", "demo app", "mailbox", "SMTP"]

  /// Five in a row from `base`, or any free ones for 0.
  /// - Throws: a line naming the first that is taken.
  init(base: Int) throws(CommandFailure) {
    // All are held until the last one is known, so that no two are the same.
    var held: [PortProbe] = []
    for (offset, name) in Self.names.enumerated() {
      let port = base == 0 ? 0 : base + offset
      guard let probe = PortProbe(port) else {
        throw CommandFailure(
          description: "port \(port) for the \(name) is taken; choose others with --port-base")
      }
      held.append(probe)
    }
    (people, programs, app) = (held[0].port, held[1].port, held[2].port)
    (mailbox, smtp) = (held[3].port, held[4].port)
  }
}

/// Holds a port of 127.0.0.1 for as long as it lives. The servers bind as this does, with
/// SO_REUSEADDR, so what they could bind is free, also a moment after a stop.
private final class PortProbe {
  let port: Int
  private let socket: Int32

  init?(_ wanted: Int) {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0, let port = Self.bind(socket, wanted) else {
      if socket >= 0 { close(socket) }
      return nil
    }
    self.port = port
  }

  deinit { close(socket) }

  private static func bind(_ socket: Int32, _ wanted: Int) -> Int? {
    guard let wanted = UInt16(exactly: wanted) else { return nil }
    var yes: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = wanted.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        Glibc.bind(socket, generic, length) == 0 && listen(socket, 1) == 0
          && getsockname(socket, generic, &length) == 0
      } ? Int(UInt16(bigEndian: pointer.pointee.sin_port)) : nil
    }
  }
}
