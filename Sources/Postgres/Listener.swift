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
