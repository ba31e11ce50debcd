import Logging
import Postgres

/// Hears that limits were taken back by hand, in whatever program (a trigger tells it), and lets
/// everything that was known to be limited be forgotten.
public final class LimitResetListener: Sendable {
  private let listener: Listener

  public init(_ database: Database, _ refusals: KnownRefusals) throws(DatabaseProblem) {
    let logger = database.logger
    do {
      // Also when hearing begins anew or ends: what was told meanwhile is lost.
      listener = try Listener(
        database.settings, channel: "rekey_limits", name: "pg-limits"
      ) { event in
        refusals.forget()
        logger.debug("limits may have been reset", metadata: ["heard": "\(event.name)"])
      }
    } catch { throw DatabaseProblem(error) }
  }

  public func stop() async { await listener.stop() }
}

extension Listener.Event {
  fileprivate var name: String {
    switch self {
    case .listening: "the channel anew"
    case .notification: "a reset"
    case .interrupted: "the connection's end"
    }
  }
}
