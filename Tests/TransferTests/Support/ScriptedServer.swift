import Glibc
import Synchronization

/// A server on a loopback port whose every connection runs a script on a thread of its own.
final class ScriptedServer: Sendable {
  typealias Script = @Sendable (Peer) -> Void

  private struct State {
    var open: Set<Int32> = []
    var accepted = 0
    var mostOpen = 0
  }

  let port: UInt16
  private let listener: Int32
  private let state = Mutex(State())

  init(_ script: @escaping Script) {
    signal(SIGPIPE, SIG_IGN)
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    port = bindToLoopback(listener)
    listen(listener, 1024)
    startThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        guard let self, let number = self.enter(connection) else {
          close(connection)
          return
        }
        var yes: Int32 = 1
        setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
        self.serve(connection, number, script)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    state.withLock { for connection in $0.open { shutdown(connection, Int32(SHUT_RDWR)) } }
  }

  /// How many connections there have been.
  var accepted: Int { state.withLock { $0.accepted } }
  /// The most there were at one time.
  var mostOpen: Int { state.withLock { $0.mostOpen } }

  private func enter(_ connection: Int32) -> Int? {
    state.withLock { state in
      state.open.insert(connection)
      state.mostOpen = max(state.mostOpen, state.open.count)
      state.accepted += 1
      return state.accepted - 1
    }
  }

  private func serve(_ connection: Int32, _ number: Int, _ script: @escaping Script) {
    startThread { [weak self] in
      script(Peer(input: connection, output: connection, number: number))
      self?.leave(connection)
      close(connection)
    }
  }

  private func leave(_ connection: Int32) {
    _ = state.withLock { $0.open.remove(connection) }
  }
}

/// Binds to a free port of 127.0.0.1 and returns it.
func bindToLoopback(_ descriptor: Int32) -> UInt16 {
  var address = loopback(port: 0)
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      _ = bind(descriptor, $0, length)
      _ = getsockname(descriptor, $0, &length)
    }
  }
  return UInt16(bigEndian: address.sin_port)
}

func loopback(port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return address
}

/// A port on which nobody listens.
func closedPort() -> UInt16 {
  // Bound for as long as the process runs, so that no other test gets it.
  bindToLoopback(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
}

func startThread(_ body: @escaping @Sendable () -> Void) {
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
