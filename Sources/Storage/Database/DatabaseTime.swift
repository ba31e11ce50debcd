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
}
