import Postgres
import Storage

/// The database with its roles: an owner who only migrates, and a login with the rights that
/// serving needs and no more.
struct DevDatabase {
  static let name = "rekey"
  static let login = "rekey_dev"
  private static let owner = "rekey_owner"

  let cluster: DevCluster

  /// Makes what is missing and brings the schema up to date.
  /// - Returns: the URL to serve from.
  func prepare() async throws -> String {
    do {
      try await run([Self.makeOwner], in: "postgres")
      try await makeDatabase()
      try await migrate()
      try await run([Roles.script, Self.makeLogin], in: Self.name)
    } catch let problem as DatabaseProblem {
      throw CommandFailure(description: "\(problem); --reset begins anew")
    } catch let error as PostgresError {
      throw CommandFailure(description: error.debugDescription)
    }
    return cluster.url(user: Self.login, database: Self.name)
  }

  private func migrate() async throws {
    let migrator = try Migrator(url: cluster.url(user: Self.owner, database: Self.name))
    do { _ = try await migrator.migrate { _ in } } catch {
      await migrator.close()
      throw error
    }
    await migrator.close()
  }

  /// There is no CREATE DATABASE IF NOT EXISTS, and a failure would stand in the log.
  private func makeDatabase() async throws {
    try await use("postgres") { session throws(PostgresError) in
      let rows = try await session.execute(Self.findDatabase, within: .seconds(30))
      guard try !rows.only().bool("exists") else { return }
      try await session.script(
        "CREATE DATABASE \(Self.name) OWNER \(Self.owner) TEMPLATE template0",
        within: .seconds(30))
    }
  }

  private func run(_ scripts: [String], in database: String) async throws {
    try await use(database) { session throws(PostgresError) in
      for script in scripts { try await session.script(script, within: .seconds(30)) }
    }
  }

  private func use(
    _ database: String, _ body: (Session) async throws(PostgresError) -> Void
  ) async throws {
    let url = cluster.url(user: DevCluster.superuser, database: database)
    let session = Session(
      try PostgresSettings(url: url, applicationName: "rekey dev"), name: "pg-dev")
    do throws(PostgresError) { try await body(session) } catch {
      await session.close()
      throw error
    }
    await session.close()
  }

  private static let findDatabase = Statement(
    name: "find_database",
    sql: "SELECT EXISTS (SELECT FROM pg_database WHERE datname = '\(name)') AS exists")

  private static let makeOwner = """
    DO $$ BEGIN
      IF to_regrole('\(owner)') IS NULL THEN CREATE ROLE \(owner) LOGIN; END IF;
    END $$
    """

  private static let makeLogin = """
    DO $$ BEGIN
      IF to_regrole('\(login)') IS NULL THEN CREATE ROLE \(login) LOGIN; END IF;
    END $$;
    GRANT rekey_serve, rekey_work TO \(login)
    """
}
