import CPostgres
import Threading

/// The listener's own thread: connects, hears, reports, reconnects, until the pipe is signalled.
actor ListenerLoop {
  private let connection: Connection
  private let channel: String
  private let wake: WakePipe
  private let onEvent: @Sendable (Listener.Event) -> Void
  private let thread: DedicatedThread

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe thread.asUnownedSerialExecutor()
  }

  init(
    _ settings: PostgresSettings, channel: String, name: String, wake: WakePipe,
    onEvent: @escaping @Sendable (Listener.Event) -> Void
  ) {
    connection = Connection(settings, statements: [], interrupt: wake.readingEnd)
    self.channel = channel
    self.wake = wake
    self.onEvent = onEvent
    thread = DedicatedThread(name: name)
  }

  func run() {
    var pause = Duration.milliseconds(100)
    repeat {
      do throws(PostgresError) {
        let handle = try listen()
        pause = .milliseconds(100)
        onEvent(.listening)
        try hear(handle)
      } catch .closed {
        break
      } catch {
        onEvent(.interrupted(error))
      }
      connection.close()
      defer { pause = min(pause * 2, .seconds(5)) }
      if wake.wait(atMost: pause) { break }
    } while true
    connection.close()
    thread.stop()
  }

  private func listen() throws(PostgresError) -> ConnectionHandle {
    let deadline = Deadline(after: .seconds(10))
    let handle = try connection.ready(until: deadline)
    let quoted = channel.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"")
    try connection.script("LISTEN \"\(quoted)\"", until: deadline, onNotice: nil)
    return handle
  }

  /// Returns only by throwing. A dead network is found by TCP keepalives.
  private func hear(_ handle: ConnectionHandle) throws(PostgresError) {
    while true {
      for payload in handle.takeNotifications() { onEvent(.notification(payload: payload)) }
      guard handle.isAlive else { throw handle.connectionError }
      try handle.waitForInput()
    }
  }
}

extension ConnectionHandle {
  /// The payloads of what has arrived, oldest first.
  fileprivate func takeNotifications() -> [String] {
    var payloads: [String] = []
    while let notification = unsafe PQnotifies(pointer) {
      unsafe payloads.append(String(cString: notification.pointee.extra))
      unsafe PQfreemem(notification)
    }
    return payloads
  }
}
