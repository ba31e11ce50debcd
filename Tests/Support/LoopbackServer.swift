internal import Glibc
internal import Testing

/// A server on a port of 127.0.0.1 that serves one connection after another on a thread of its own.
public final class LoopbackServer: Sendable {
  public let port: UInt16
  private let listener: Int32

  public init(_ serve: @escaping @Sendable (Connection) -> Void) throws {
    signal(SIGPIPE, SIG_IGN)
    // Not inherited by a process that another test starts, which would keep it open.
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    self.listener = listener
    port = Self.bind(listener)
    try #require(port > 0 && listen(listener, 64) == 0)
    Self.startThread {
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { break }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        serve(Connection(connection))
        close(connection)
      }
      // Closed here and not by `deinit`, so that the number cannot go to another server's socket
      // while this thread still uses it.
      close(listener)
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func bind(_ listener: Int32) -> UInt16 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard Glibc.bind(listener, $0, length) == 0, getsockname(listener, $0, &length) == 0 else {
          return
        }
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
  }

  private static func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Work {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread: pthread_t = 0
    pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(Work(body)).toOpaque())
    pthread_detach(thread)
  }
}

/// What a script sees of a client.
public final class Connection {
  private let descriptor: Int32

  public init(_ descriptor: Int32) {
    self.descriptor = descriptor
    // A test that goes wrong must not hang.
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  public func send(_ text: String) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Nil when the client is gone.
  public func byte() -> UInt8? {
    var byte: UInt8 = 0
    return read(descriptor, &byte, 1) == 1 ? byte : nil
  }

  public func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count, let byte = byte() { bytes.append(byte) }
    return bytes
  }

  /// Takes so many bytes and keeps none.
  public func skip(_ count: Int) {
    var left = count
    var piece = [UInt8](repeating: 0, count: 65_536)
    while left > 0 {
      let more = read(descriptor, &piece, min(left, piece.count))
      guard more > 0 else { return }
      left -= more
    }
  }

  /// Without its CR LF; nil when the client is gone.
  public func line() -> String? {
    var line: [UInt8] = []
    while let byte = byte() {
      if byte == 10 { return String(decoding: line, as: UTF8.self) }
      if byte != 13 { line.append(byte) }
    }
    return nil
  }
}
