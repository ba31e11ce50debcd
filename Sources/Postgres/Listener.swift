import CPostgres
import Threading

/// Hears NOTIFYs of one channel on a connection and thread of its own, from `init` to `stop()` or
/// to the last reference.
///
/// A notification is a hint: those sent while the connection was down are lost. So each time the
/// channel is heard (anew) `onEvent` is called too, and the caller looks for itself.
public final class Listener: Sendable {
  public enum Event: Sendable, Equatable {
    /// The channel is heard from now on; anything may have happened before.
    case listening
    case notification(payload: String)
    /// The connection could not be made or was lost; it is tried again after a pause of 0.1 s to
    /// 5 s.
    case interrupted(PostgresError)
  }

  private let wake: WakePipe
  private let task: Task<Void, Never>

  /// - Parameters:
  ///   - channel: 1 … 63 bytes, exactly as in `NOTIFY "channel"`.
  ///   - onEvent: called on the listener's thread; must not block.
  /// - Throws: `misuse` for a channel that PostgreSQL would shorten or refuse.
  public init(
    _ settings: PostgresSettings, channel: String, name: String = "postgres-listen",
    onEvent: @escaping @Sendable (Event) -> Void
  ) throws(PostgresError) {
    guard (1...63).contains(channel.utf8.count), !channel.utf8.contains(0) else {
      throw .misuse("a channel name has 1 to 63 bytes and no NUL")
    }
    let wake = try WakePipe()
    let loop = ListenerLoop(
      settings, channel: channel, name: name, wake: wake, onEvent: onEvent)
    self.wake = wake
    task = Task { await loop.run() }
  }

  deinit {
    wake.signal()
  }

  /// Returns when the connection is closed and `onEvent` will not be called again.
  public func stop() async {
    wake.signal()
    await task.value
  }
}

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
    try connection.script("LISTEN \"\(quoted)\"", until: deadline)
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
