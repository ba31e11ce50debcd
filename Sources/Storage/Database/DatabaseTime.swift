public import PasswordReset
import Postgres
import Synchronization

/// The database's clock as last seen, plus monotonic time since: a host with a wrong clock can
/// neither revive nor kill a token nor put a row into the wrong day.
public final class DatabaseTime: DatabaseClock {
  private struct Sighting {
    let database: Timestamp
    let local: ContinuousClock.Instant
  }

  private let last = Mutex<Sighting?>(nil)

  public init() {}

  public func now() throws(ResetError) -> Timestamp {
    guard let sighting = last.withLock({ $0 }) else { throw .unavailable }
    let (seconds, attoseconds) = (ContinuousClock.now - sighting.local).components
    let elapsed = seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
    return Timestamp(microseconds: sighting.database.microseconds &+ elapsed)
  }

  func observe(_ database: Timestamp) {
    last.withLock { $0 = Sighting(database: database, local: .now) }
  }

  /// Nothing older than this can be alive: the longest lifetime (24 h) after the longest time a
  /// message is tried (24 h), with an hour to spare. Bounds what queries have to look at.
  func oldestAlive() throws(ResetError) -> RequestID {
    .lowest(at: try now().advanced(bySeconds: -49 * 3600))
  }
}
