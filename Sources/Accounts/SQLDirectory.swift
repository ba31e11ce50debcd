internal import Formats
public import PasswordReset
public import Postgres

/// Asks the main app's own database who owns an address.
///
/// The query has one parameter, `$1`, the address as text, and the columns `id` and `email`, and
/// perhaps `locale` and `version`.
///
/// The connection may be one of a pooler's in transaction mode, which the main app uses next. So
/// nothing is prepared by name, all settings are the transaction's own, and each question is one
/// transaction that is read-only and rolled back: even what the query sets for the session is gone.
public struct SQLDirectory: AccountDirectory {
  /// Asked at once, each on a connection of its own.
  public static let width = 4

  private let pool: Pool
  private let query: AccountQuery
  private let policy: EmailAddress.Policy
  private let timeout: Duration

  /// - Parameters:
  ///   - query: SQL text of one SELECT.
  ///   - policy: for the addresses in answers.
  ///   - connections: kept open, at least 1.
  ///   - timeout: for one question, the wait for a connection included.
  /// Nothing is connected yet.
  public init(
    databaseURL: PostgresURL, query: AccountQuery, policy: EmailAddress.Policy,
    connections: Int = width, timeout: Duration = .seconds(5)
  ) {
    self.query = query
    self.policy = policy
    self.timeout = timeout
    // The server ends a query before it is given up here: a pooler would close the main app's
    // connection with ours.
    let settings = PostgresSettings(
      url: databaseURL, applicationName: "rekey accounts", statementTimeout: timeout * 0.8,
      requiresReadWrite: false, options: ["transaction_read_only": "on"], isPooled: true)
    pool = Pool(
      settings, statements: [self.query.statement], size: connections, maxWaiting: 256,
      name: "accounts")
  }

  /// Connects now and asks for an address that nobody has, so that a query that cannot be parsed,
  /// or may not read what it wants to, shows at the start.
  public func connect(within limit: Duration) async throws(AccountsError) {
    do throws(PostgresError) {
      try await pool.connect(within: limit)
      _ = try await rows(for: "nobody@sample.invalid", within: limit)
    } catch { throw Self.problem(error) }
  }

  private static func problem(_ error: PostgresError) -> AccountsError {
    switch error {
    case .server(let sqlState, _, _):
      .query(problem: "the database refuses it with SQLSTATE \(sqlState)")
    case .misuse: .query(problem: "$1 must be used as text")
    default: .database(error)
    }
  }

  /// Ends the connections after the queries that run.
  public func close() async { await pool.close() }

  public func account(
    for address: EmailAddress, caller: Caller
  ) async throws(DirectoryError) -> Account? {
    let rows: Rows
    do throws(PostgresError) {
      rows = try await self.rows(for: address.text, within: timeout)
    } catch {
      throw DirectoryError(cause: error.cause, blame: error.blame)
    }
    guard rows.count <= 1 else { throw DirectoryError(cause: "ambiguous", blame: .address) }
    guard let row = rows.first else { return nil }
    guard let text = try? row.text(0), let json = try? JSON(parsing: Array(text.utf8)),
      let object = json.object
    else { throw DirectoryError(cause: "answer_json", blame: .address) }
    let account = try DirectoryAnswer(object, policy: policy).account
    return account.email.isSpelled(like: address) ? account : nil
  }

  private func rows(
    for address: String, within limit: Duration
  ) async throws(PostgresError) -> Rows {
    try await pool.transaction(within: limit) { [query] transaction throws(PostgresError) in
      let rows = try transaction.execute(query.statement, [.text(address)])
      transaction.rollback()
      return rows
    }
  }
}

extension PostgresError {
  fileprivate var cause: String {
    if let sqlState { return "sql_\(sqlState)" }
    return switch self {
    case .deadline: "sql_deadline"
    case .busy: "sql_busy"
    case .cancelled: "sql_cancelled"
    case .misuse: "sql_parameter"
    default: "sql_unavailable"
    }
  }

  /// A value that the query cannot work with (class 22) may be this address alone.
  fileprivate var blame: DirectoryError.Blame {
    sqlState?.hasPrefix("22") == true ? .address : .directory
  }
}

extension EmailAddress {
  /// Equal but for the case of ASCII letters. A database may find `mike@` for `mıke@`; whoever owns
  /// the one must not get the link of the other (CVE-2019-19844).
  func isSpelled(like other: EmailAddress) -> Bool {
    identity.map(\.asciiLowercased) == other.identity.map(\.asciiLowercased)
  }
}
