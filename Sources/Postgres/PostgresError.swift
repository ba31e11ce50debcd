/// Everything that can go wrong between a caller and PostgreSQL.
///
/// `description` may be shown to anybody: it holds no SQL, no value and no text of the server.
/// `debugDescription` is for the log: it adds the server's primary message, never its DETAIL (which
/// quotes rows) and never a password.
public enum PostgresError: Error, Sendable, Equatable {
  /// The settings cannot be used; the reason quotes nothing from them.
  case configuration(reason: String)
  /// The connection could not be made, was lost, or was ended by the server.
  case unavailable(reason: String, sqlState: String? = nil, outcomeUnknown: Bool = false)
  /// The caller's own deadline passed; the connection was closed.
  case deadline(outcomeUnknown: Bool = false)
  /// The server refused a statement. `constraint` names the violated constraint, if one was.
  case server(sqlState: String, message: String, constraint: String? = nil)
  /// A result does not have the shape that the code expects.
  case decoding(String)
  /// A parameter or call that can never work: text with NUL, wrong type, use after `finish`.
  case misuse(String)
  /// The pool's queue is full.
  case busy
  /// The session, pool or listener was closed.
  case closed
  /// The task was cancelled while it waited in the pool's queue. Nothing was sent.
  case cancelled
}

extension PostgresError {
  /// SQLSTATE, five ASCII letters or digits, if the server gave one.
  public var sqlState: String? {
    switch self {
    case .server(let sqlState, _, _): sqlState
    case .unavailable(_, let sqlState, _): sqlState
    default: nil
    }
  }

  /// A commit was sent and its answer never came: the change may or may not have been made.
  public var isOutcomeUnknown: Bool {
    switch self {
    case .unavailable(_, _, let outcomeUnknown), .deadline(let outcomeUnknown): outcomeUnknown
    case .server(let sqlState, _, _): sqlState == "40003" || sqlState == "08007"
    default: false
    }
  }

  /// The same call may succeed later. Where `isOutcomeUnknown` too, repeat only what is idempotent.
  public var isTransient: Bool {
    switch self {
    case .server(let sqlState, _, _): SQLState.isTransient(sqlState)
    case .unavailable(_, let sqlState, _): sqlState.map(SQLState.isTransient) ?? true
    case .deadline, .busy: true
    case .configuration, .decoding, .misuse, .closed, .cancelled: false
    }
  }

  /// The same error for a round trip that carried a commit.
  var withOutcomeUnknown: PostgresError {
    switch self {
    case .unavailable(let reason, let sqlState, _):
      .unavailable(reason: reason, sqlState: sqlState, outcomeUnknown: true)
    case .deadline: .deadline(outcomeUnknown: true)
    default: self
    }
  }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
  public var description: String {
    switch self {
    case .configuration(let reason): "the database settings cannot be used: \(reason)"
    case .unavailable: "the database is not reachable\(suffix)"
    case .deadline: "the database did not answer in time\(suffix)"
    case .server: "the database refused a statement\(suffix)"
    case .decoding: "a database result does not have the expected shape"
    case .misuse: "a database call was made wrongly"
    case .busy: "too many calls are waiting for a database connection"
    case .closed: "the database connection was closed"
    case .cancelled: "the wait for a database connection was cancelled"
    }
  }

  public var debugDescription: String {
    switch self {
    case .unavailable(let detail, _, _), .server(_, let detail, _), .decoding(let detail),
      .misuse(let detail):
      "\(description): \(detail)"
    default: description
    }
  }

  private var suffix: String {
    let state = sqlState.map { " (SQLSTATE \($0))" } ?? ""
    return isOutcomeUnknown ? "\(state), the outcome is unknown" : state
  }
}

/// What a SQLSTATE means for the connection and for a retry (PostgreSQL manual, Appendix A).
enum SQLState {
  /// A repeat may succeed: serialization, deadlock, lock and statement timeouts, a server that is
  /// full, going down, starting, or has become a standby.
  static func isTransient(_ state: String) -> Bool {
    switch state {
    case "40001", "40P01", "55P03", "57014", readOnly: true
    default: state.hasPrefix("53") || state.hasPrefix("57P") || state.hasPrefix("08")
    }
  }

  /// The server closes the connection after it.
  static func endsConnection(_ state: String) -> Bool {
    state.hasPrefix("57P") || state.hasPrefix("08")
  }

  /// The connection works but is of no more use: the server is a standby now, or the prepared
  /// statements are gone or no longer fit the tables. A new connection puts all of it right.
  static func staleConnection(_ state: String) -> Bool {
    state == readOnly || state == "26000" || state == "0A000"
  }

  static let readOnly = "25006"
  static let failedTransaction = "25P02"
}
