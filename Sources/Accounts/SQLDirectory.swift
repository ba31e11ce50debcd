internal import Formats
public import PasswordReset
public import Postgres

/// Asks the main app's own database who owns an address.
///
/// The query has one parameter, `$1`, the address as text, and the columns `id` and `email`, and
/// perhaps `locale` and `version`. Sessions are read-only.
public struct SQLDirectory: AccountDirectory {
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
    connections: Int = 4,
    timeout: Duration = .seconds(5)
  ) {
    self.query = query
    self.policy = policy
    self.timeout = timeout
    let settings = PostgresSettings(
      url: databaseURL, applicationName: "rekey accounts", statementTimeout: timeout,
      requiresReadWrite: false, options: ["default_transaction_read_only": "on"])
    pool = Pool(
      settings, statements: [self.query.statement], size: connections, maxWaiting: 256,
      name: "accounts")
  }

  /// Connects now and asks for an address that nobody has, so that a query that cannot be parsed,
  /// or may not read what it wants to, shows at the start.
  public func connect(within limit: Duration) async throws(AccountsError) {
    do throws(PostgresError) {
      try await pool.connect(within: limit)
      try await pool.execute(query.statement, [.text("nobody@sample.invalid")], within: limit)
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
    let rows = try await rows(for: address)
    guard rows.count <= 1 else { throw DirectoryError(cause: "ambiguous") }
    guard let row = rows.first else { return nil }
    guard let text = try? row.text(0), let json = try? JSON(parsing: Array(text.utf8)),
      let object = json.object
    else { throw DirectoryError(cause: "answer_json") }
    let account = try DirectoryAnswer(object, policy: policy).account
    return account.email.isSpelled(like: address) ? account : nil
  }

  private func rows(for address: EmailAddress) async throws(DirectoryError) -> Rows {
    do throws(PostgresError) {
      return try await pool.execute(
        query.statement, [.text(address.text)], within: timeout)
    } catch { throw DirectoryError(cause: error.cause) }
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
}

extension EmailAddress {
  /// Equal but for the case of ASCII letters. A database may find `mike@` for `mıke@`; whoever owns
  /// the one must not get the link of the other (CVE-2019-19844).
  func isSpelled(like other: EmailAddress) -> Bool {
    identity.map(\.asciiLowercased) == other.identity.map(\.asciiLowercased)
  }
}
