import Logging
public import PasswordReset
import Postgres

/// Looks whether the database can be served from: reachable, writable, durable, and with exactly the
/// schema this version knows.
public struct DatabaseReadiness: Sendable {
  private let database: Database
  private let session: Session

  public init(_ database: Database) {
    self.database = database
    session = database.session([], name: "pg-readiness")
  }

  /// Opens or closes the database for the stores and says what it saw.
  public func check() async -> [ReadinessCheck] {
    do throws(PostgresError) {
      let row = try await session.execute(
        Queries.checkReadiness, within: .seconds(3)
      ).only()
      database.time.observe(try row.moment("now"))
      let version = try row.optionalInt("version") ?? 0
      let isFormer = try row.bool("is_former")
      database.setServable(version == Migrations.newest && !isFormer)
      return [
        ReadinessCheck(
          name: "database", problem: try row.bool("read_only") ? "read-only" : nil),
        ReadinessCheck(
          name: "durability",
          problem: try row.bool("durable")
            ? nil : "fsync, full_page_writes or synchronous_commit is off"),
        ReadinessCheck(
          name: "schema",
          problem: isFormer ? SchemaVersion.formerProblem : Self.problem(withVersion: version)),
        ReadinessCheck(
          name: "outbox", problem: nil, detail: "oldest due \(max(0, try row.int("oldest_due")))s"),
      ]
    } catch {
      let isMissing = ["42P01", "3F000"].contains(error.sqlState)
      if isMissing {
        database.setServable(false)
      } else {
        _ = database.faults.report(error, in: "readiness")
      }
      return [
        isMissing
          ? ReadinessCheck(name: "schema", problem: Self.problem(withVersion: 0))
          : ReadinessCheck(name: "database", problem: "not reachable")
      ]
    }
  }

  private static func problem(withVersion version: Int) -> String? {
    let newest = Migrations.newest
    guard version <= newest else {
      return "at version \(version), newer than this rekey, which needs \(newest)"
    }
    return version == newest
      ? nil : "at version \(version), this rekey needs \(newest): run rekey migrate"
  }

  /// Refuses a database of 0.1.0. One that is away says nothing.
  public func refuseFormer() async throws(DatabaseProblem) {
    let isFormer = try? await session.transaction(within: .seconds(3)) {
      transaction throws(PostgresError) in try SchemaVersion.isFormer(in: &transaction)
    }
    if isFormer == true { throw DatabaseProblem("database: \(SchemaVersion.formerProblem)") }
  }

  /// Whether the role owns the schema: it works, and deserves a warning (roles.sql has lesser ones).
  public func servesAsOwner() async -> Bool {
    let row = try? await session.execute(Queries.checkOwner, within: .seconds(3)).only()
    return (try? row?.bool("is_owner")) ?? false
  }

  /// Prepares every statement once, so that a broken query stops the start. A database that goes
  /// away meanwhile is waited for, as one that was away before.
  public func prepareAll() async throws(DatabaseProblem) {
    let session = database.session(Queries.all, name: "pg-prepare")
    do { try await session.connect(within: .seconds(5)) } catch {
      await session.close()
      guard error.isTransient else { throw DatabaseProblem(error) }
      return
    }
    await session.close()
  }
}
