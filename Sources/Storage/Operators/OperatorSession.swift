import PasswordReset
import Postgres

/// The one connection of an operator's command.
///
/// It plans each statement for its parameters: what operators ask ranges from one row to all of them,
/// and filters that are not given should cost nothing. A batch is a few rows of very many, whatever
/// statistics from before a disturbance say, so it is read along an index, and each request by its id.
struct OperatorSession: Sendable {
  static let limit: Duration = .seconds(600)
  /// SQLSTATEs of a schema that is not there or older than this rekey.
  private static let foreignSchema = ["3F000", "42P01", "42703", "42883"]

  static let planning = [
    "plan_cache_mode": "force_custom_plan", "jit": "off", "enable_sort": "off",
    "enable_hashjoin": "off", "enable_mergejoin": "off",
  ]

  private let session: Session

  /// - Parameter command: shown in pg_stat_activity.
  init(url: PostgresURL, isPooled: Bool, command: String) {
    session = Session(
      PostgresSettings(
        url: url, applicationName: "rekey \(command)", statementTimeout: Self.limit,
        options: Self.planning, isPooled: isPooled),
      name: "pg-operator")
  }

  func close() async { await session.close() }

  /// Age counts from database time.
  func now() async throws(DatabaseProblem) -> Timestamp {
    try await read(Queries.readClock) { rows throws(PostgresError) in
      try rows.only().moment("now")
    }
  }

  /// Executes one statement and reads its rows.
  func read<Value>(
    _ statement: Statement, _ parameters: [Parameter] = [],
    _ body: (Rows) throws(PostgresError) -> Value
  ) async throws(DatabaseProblem) -> Value {
    do throws(PostgresError) {
      try await SchemaVersion.refuseFormer(session)
      return try body(try await session.execute(statement, parameters, within: Self.limit))
    } catch { throw Self.problem(error) }
  }

  /// A batch that met a deadlock or a row that stayed locked was rolled back as a whole, and is tried
  /// again.
  func batch<Value>(
    _ statement: Statement, _ parameters: [Parameter],
    _ body: (Rows) throws(PostgresError) -> Value
  ) async throws(DatabaseProblem) -> Value {
    for _ in 1..<5 {
      do throws(PostgresError) {
        return try body(try await session.execute(statement, parameters, within: Self.limit))
      } catch {
        guard case .server = error, error.isTransient else { throw Self.problem(error) }
      }
    }
    return try await read(statement, parameters, body)
  }

  func transaction<Value: Sendable>(
    _ body: @Sendable (inout Transaction) throws(PostgresError) -> Value
  ) async throws(DatabaseProblem) -> Value {
    do throws(PostgresError) {
      try await SchemaVersion.refuseFormer(session)
      return try await session.transaction(within: Self.limit, body)
    } catch { throw Self.problem(error) }
  }

  /// A hint only, so its loss is no fault.
  func hintWorkers() async {
    _ = try? await session.execute(Queries.notifyWorkers, within: .seconds(5))
  }

  static func problem(_ error: PostgresError) -> DatabaseProblem {
    if case .misuse(let detail) = error { return DatabaseProblem("database: \(detail)") }
    return foreignSchema.contains(error.sqlState ?? "")
      ? DatabaseProblem(
        "database: its schema is not the one of this rekey: look at rekey migrate --status")
      : DatabaseProblem(error)
  }
}
