import PasswordReset
import Postgres

/// Why a batch was not done. Nothing of it was.
struct BatchFailure: Error, Sendable {
  enum Fault: Sendable {
    /// Of nobody in it: the database is away, or answers what cannot be read. All share it.
    case common
    /// A lock that others hold on what one of them needs.
    case lock
    /// The database refuses one of them, by a constraint or for a value.
    case item
  }

  let error: ResetError
  let fault: Fault
}

extension Faults {
  /// Says it in the log, and whether a batch can be taken apart to find who is at fault.
  func failure(_ error: PostgresError, in work: String) -> BatchFailure {
    BatchFailure(error: report(error, in: work), fault: error.faultOfBatch)
  }
}

extension PostgresError {
  /// By SQLSTATE (PostgreSQL manual, Appendix A). A connection that was lost has one of its own kind.
  fileprivate var faultOfBatch: BatchFailure.Fault {
    guard case .server(let state, _, _) = self else { return .common }
    if wantsAnotherTry || state == "55P03" { return .lock }
    // Data exceptions, constraints, what a trigger raises, a damaged row.
    let isOfItem = ["22", "23", "P0"].contains { state.hasPrefix($0) } || state == "XX001"
    return isOfItem ? .item : .common
  }
}
