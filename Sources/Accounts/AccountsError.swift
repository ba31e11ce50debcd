public import Postgres

/// Why a directory cannot be set up. Found at the start; nothing configured is quoted.
public enum AccountsError: Error, Sendable, Equatable {
  case query(problem: String)
  case database(PostgresError)
}

extension AccountsError: CustomStringConvertible {
  /// One sentence without its full stop, safe to show.
  public var description: String {
    switch self {
    case .query(let problem): "accounts.query: \(problem)"
    case .database(let error): "accounts.database_url: \(error)"
    }
  }
}
