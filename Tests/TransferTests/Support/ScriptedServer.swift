import Glibc
import Synchronization

/// A server on a loopback port whose every connection runs a script on a thread of its own.
final class ScriptedServer: Sendable {
  typealias Script = @Sendable (Peer) -> Void

  let port: UInt16
  private let sockets: Sockets

  init(_ script: @escaping Script) {
    signal(SIGPIPE, SIG_IGN)
    let listener = makeSocket()
    port = bindToLoopback(listener)
    listen(listener, 1024)
    let sockets = Sockets(listener)
    self.sockets = sockets
    startThread {
      while let (connection, number) = sockets.accept() {
        startThread {
          script(Peer(input: connection, output: connection, number: number))
          sockets.close(connection)
        }
      }
    }
  }

  deinit { sockets.shutDown() }

  /// How many connections there have been.
  var accepted: Int { sockets.accepted }
  /// The most there were at one time. One that its client has closed is none, even if its script
  /// has not noticed yet.
  var mostOpen: Int { sockets.mostOpen }

  /// Returns when there have been so many connections and the scripts of all are over, so that
  /// whatever was sent has been read.
  func ended(_ count: Int = 1) async { await sockets.closed(count) }
}

/// The sockets of one server, which its threads hold longer than its owner holds the server. What
/// is closed is closed under the lock, by the thread that waits on it: a number closed under
/// another thread may by then be the socket of another test.
private final class Sockets: Sendable {
  private struct State {
    var listener: Int32?
    var open: Set<Int32> = []
    var accepted = 0
    var mostOpen = 0
    var isShutDown = false
    var waiters: [(count: Int, signal: Signal)] = []

    /// Fires for those who have waited long enough.
    mutating func wakeWaiters() {
      guard open.isEmpty else { return }
      for waiter in waiters where waiter.count <= accepted { waiter.signal.fire() }
      waiters.removeAll { $0.count <= accepted }
    }
  }

  private let state: Mutex<State>

  init(_ listener: Int32) { state = Mutex(State(listener: listener)) }

  var accepted: Int { state.withLock { $0.accepted } }
  var mostOpen: Int { state.withLock { $0.mostOpen } }

  /// The next connection and its number, or nil when the listener has been shut down.
  func accept() -> (connection: Int32, number: Int)? {
    guard let listener = state.withLock({ $0.listener }) else { return nil }
    let connection = Glibc.accept(listener, nil, nil)
    guard connection >= 0 else {
      closeListener()
      return nil
    }
    _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
    var yes: Int32 = 1
    setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
    return (connection, enter(connection))
  }

  func close(_ connection: Int32) {
    state.withLock { state in
      state.open.remove(connection)
      Glibc.close(connection)
      state.wakeWaiters()
    }
  }

  /// Wakes every thread that waits on one of them.
  func shutDown() {
    state.withLock { state in
      state.isShutDown = true
      if let listener = state.listener { shutdown(listener, Int32(SHUT_RDWR)) }
      for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  func closed(_ count: Int) async {
    let signal = Signal()
    state.withLock { state in
      state.waiters.append((count, signal))
      state.wakeWaiters()
    }
    await signal.wait()
  }

  private func closeListener() {
    state.withLock { state in
      if let listener = state.listener { Glibc.close(listener) }
      state.listener = nil
    }
  }

  private func enter(_ connection: Int32) -> Int {
    state.withLock { state in
      if state.isShutDown { shutdown(connection, Int32(SHUT_RDWR)) }
      state.open.insert(connection)
      state.mostOpen = max(state.mostOpen, state.open.count { !hasEnded($0, within: 0) })
      state.accepted += 1
      return state.accepted - 1
    }
  }
}

/// Not inherited by a process that another test starts, which would keep it open.
func makeSocket() -> Int32 {
  socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
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
  bindToLoopback(makeSocket())
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
