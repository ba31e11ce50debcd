import Logging
import PasswordReset
import Postgres
import Synchronization

/// Turns what went wrong in the database into what the domain knows, and says it in the log: the
/// same fault once a second at most.
final class Faults: Sendable {
  private let logger: Logger
  private let last = Mutex<[String: ContinuousClock.Instant]>([:])

  init(logger: Logger) { self.logger = logger }

  func report(_ error: PostgresError, in work: String) -> ResetError {
    let isFresh = last.withLock { last in
      let key = work + (error.sqlState ?? "\(error)")
      let now = ContinuousClock.now
      defer { last[key] = now }
      return last[key].map { now - $0 > .seconds(1) } ?? true
    }
    if isFresh {
      logger.warning(
        "database fault",
        metadata: [
          "work": "\(work)", "error": "\(error.debugDescription)",
          "outcome_unknown": "\(error.isOutcomeUnknown)",
        ])
    }
    switch error {
    case .busy: return .overloaded
    case .decoding: return .corrupt
    default: return .unavailable
    }
  }
}

extension PostgresError {
  /// A concurrent transaction won or a deadlock was broken: nothing was done, run it again.
  var wantsAnotherTry: Bool { sqlState == "40001" || sqlState == "40P01" }
}
