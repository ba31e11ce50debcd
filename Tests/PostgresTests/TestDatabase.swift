import Glibc
import Postgres
import Testing

/// The PostgreSQL that the tests run against.
enum TestDatabase {
  /// A superuser's URL of a scratch cluster.
  static func url() throws -> String {
    let value = getenv("REKEY_TEST_DATABASE_URL").map { String(cString: $0) }
    return try #require(
      value, "set REKEY_TEST_DATABASE_URL to a superuser's URL of a scratch PostgreSQL cluster")
  }

  static func settings(
    application: String = "postgres-tests", statementTimeout: Duration = .seconds(60),
    options: [String: String] = [:]
  ) throws -> PostgresSettings {
    PostgresSettings(
      url: try PostgresURL(url()), applicationName: application, connectTimeout: .seconds(10),
      statementTimeout: statementTimeout, lockTimeout: .seconds(10), options: options)
  }

  /// Lends a session and closes it, whatever happens.
  static func withSession<Value: Sendable>(
    statementTimeout: Duration = .seconds(60),
    options: [String: String] = [:], statements: [Statement] = [],
    _ body: (Session) async throws -> Value
  ) async throws -> Value {
    let session = Session(
      try settings(statementTimeout: statementTimeout, options: options), statements: statements)
    do {
      let value = try await body(session)
      await session.close()
      return value
    } catch {
      await session.close()
      throw error
    }
  }

  /// Lends a session and a table `(id int primary key, note text)` that other sessions see too.
  static func withTable(_ body: (Session, Table) async throws -> Void) async throws {
    let table = Table(name: "t\(UInt64.random(in: 0...(.max)))")
    try await withSession { session in
      try await session.script(
        "CREATE TABLE \(table.name) (id int PRIMARY KEY, note text)", within: generous)
      var failure: (any Error)?
      do { try await body(session, table) } catch { failure = error }
      try await session.script("DROP TABLE \(table.name)", within: generous)
      if let failure { throw failure }
    }
  }

  struct Table: Sendable {
    let name: String

    var insert: Statement { statement("insert", "INSERT INTO \(name) VALUES ($1::int, $2::text)") }
    var count: Statement { statement("count", "SELECT count(*) AS n FROM \(name)") }

    func statement(_ suffix: String, _ sql: String) -> Statement {
      Statement(name: "\(name)_\(suffix)", sql: sql)
    }
  }
}

/// For calls that are not meant to meet their deadline, on however slow a machine.
let generous = Duration.seconds(60)

extension Statement {
  static let one = Statement(name: "one", sql: "SELECT 1 AS n")
  static let backend = Statement(name: "backend", sql: "SELECT pg_backend_pid() AS pid")
  static let sleep = Statement(name: "sleep", sql: "SELECT 1 FROM pg_sleep(30)")
  static let terminate = Statement(
    name: "terminate", sql: "SELECT pg_terminate_backend($1::int, 10000) AS done")
}

extension Session {
  func pid() async throws(PostgresError) -> Int {
    try await execute(.backend, within: generous).only().int("pid")
  }

  func count(_ table: TestDatabase.Table) async throws(PostgresError) -> Int {
    try await execute(table.count, within: generous).only().int(0)
  }
}

/// The error that `body` throws.
func postgresError(
  _ body: () async throws(PostgresError) -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PostgresError {
  do throws(PostgresError) {
    try await body()
  } catch {
    return error
  }
  throw NothingThrown()
}

struct NothingThrown: Error {}
