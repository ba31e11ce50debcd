import PasswordReset
public import Postgres

/// The migrations this version knows: `sql/migrations/NNNN_name.sql`, numbered from 1 without gaps.
public enum Migrations {
  public struct Migration: Sendable {
    public let version: Int
    public let name: String
    let sql: String
  }

  public static let all: [Migration] = EmbeddedFiles.contents.compactMap { path, sql in
    guard path.hasPrefix("migrations/"), path.hasSuffix(".sql"),
      let version = Int(path.dropFirst(11).prefix(4))
    else { return nil }
    return Migration(
      version: version, name: String(path.dropFirst(16).dropLast(4)), sql: sql)
  }.sorted { $0.version < $1.version }

  public static var newest: Int { all.last?.version ?? 0 }
}

/// Brings a database to the newest schema, one transaction a migration, one migrator at a time.
public struct Migrator: Sendable {
  public struct Status: Sendable, Equatable {
    public let applied: Int
    public let pending: [String]
    /// The database is ahead of this version of rekey.
    public var isTooNew: Bool { applied > Migrations.newest }
  }

  private let session: Session

  public init(url: PostgresURL) {
    session = Session(
      PostgresSettings(
        url: url, applicationName: "rekey migrate", statementTimeout: .seconds(3600),
        lockTimeout: .seconds(30)),
      name: "pg-migrate")
  }

  public func close() async { await session.close() }

  /// What is applied and what is not. Refuses a database that is not UTF-8.
  public func status() async throws(DatabaseProblem) -> Status {
    try await guarded { session throws(PostgresError) in
      let encoding = try await session.execute(Queries.readClock, within: .seconds(10)).only()
        .text("encoding")
      guard encoding == "UTF8" else { throw PostgresError.misuse("the encoding is not UTF8") }
      let version = try await Self.version(session)
      return Status(
        applied: version,
        pending: Migrations.all.filter { $0.version > version }.map { $0.label })
    }
  }

  /// Applies what is pending.
  /// - Parameter onProgress: told the label of each migration as it begins.
  /// - Returns: the labels of what was applied.
  public func migrate(
    onProgress: @Sendable (String) -> Void
  ) async throws(DatabaseProblem) -> [String] {
    let status = try await status()
    guard !status.isTooNew else {
      throw DatabaseProblem(
        "the database is at schema version \(status.applied), newer than this rekey knows (\(Migrations.newest))"
      )
    }
    var applied: [String] = []
    for migration in Migrations.all where migration.version > status.applied {
      onProgress(migration.label)
      if try await apply(migration) { applied.append(migration.label) }
    }
    return applied
  }

  /// False where another migrator was first.
  private func apply(_ migration: Migrations.Migration) async throws(DatabaseProblem) -> Bool {
    try await guarded { session throws(PostgresError) in
      try await session.transaction(within: .seconds(3600)) { transaction throws(PostgresError) in
        try transaction.execute(Self.lock)
        guard try Self.version(in: &transaction) < migration.version else {
          transaction.rollback()
          return false
        }
        try transaction.script(migration.sql)
        try transaction.finish(
          Self.record, [.int4(Int32(migration.version)), .text(migration.name)])
        return true
      }
    }
  }

  private static let lock = Statement(
    name: "lock_migrations",
    sql: "SELECT pg_advisory_xact_lock(hashtext('rekey.migrations')) IS NULL AS locked")
  private static let exists = Statement(
    name: "schema_exists",
    // The catalogue itself: what to_regclass() remembers may be older than the lock just waited for.
    sql: """
      SELECT EXISTS (
        SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'rekey' AND c.relname = 'schema_version') AS exists
      """)
  private static let newest = Statement(
    name: "schema_version",
    sql: "SELECT coalesce(max(version), 0) AS version FROM rekey.schema_version")
  private static let record = Statement(
    name: "record_version",
    sql: "INSERT INTO rekey.schema_version (version, name) VALUES ($1::int, $2::text)")

  private static func version(_ session: Session) async throws(PostgresError) -> Int {
    try await session.run(within: .seconds(10)) { connection throws(PostgresError) in
      guard try connection.execute(exists).only().bool("exists") else { return 0 }
      return try connection.execute(newest).only().int("version")
    }
  }

  private static func version(in transaction: inout Transaction) throws(PostgresError) -> Int {
    guard try transaction.execute(exists).only().bool("exists") else { return 0 }
    return try transaction.execute(newest).only().int("version")
  }

  private func guarded<Value: Sendable>(
    _ body: (Session) async throws(PostgresError) -> Value
  ) async throws(DatabaseProblem) -> Value {
    do throws(PostgresError) { return try await body(session) } catch {
      throw DatabaseProblem(error)
    }
  }
}

extension Migrations.Migration {
  public var label: String {
    let digits = String(version)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name
  }
}
