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
      try await run(
        [Self.makeOwner, "CREATE DATABASE \(Self.name) OWNER \(Self.owner) TEMPLATE template0"],
        in: "postgres")
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

  private func run(_ scripts: [String], in database: String) async throws {
    let url = cluster.url(user: DevCluster.superuser, database: database)
    let session = Session(
      try PostgresSettings(url: url, applicationName: "rekey dev"), name: "pg-dev")
    do {
      for script in scripts { try await run(script, through: session) }
    } catch {
      await session.close()
      throw error
    }
    await session.close()
  }

  /// There is no CREATE DATABASE IF NOT EXISTS.
  private func run(_ script: String, through session: Session) async throws {
    do { try await session.script(script, within: .seconds(30)) } catch {
      guard error.sqlState == "42P04" else { throw error }
    }
  }

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
