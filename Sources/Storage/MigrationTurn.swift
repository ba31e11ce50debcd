import Postgres

/// One transaction of a migration: one step of it, or one batch of a step.
///
/// It takes the migrators' lock, looks how far the migration is, and does what is next. What it does
/// and how far that brings the migration are committed together, so a migrator that is killed
/// leaves nothing half done, and whoever comes next goes on from there.
struct MigrationTurn: Sendable {
  let migration: Migration
  /// How long a statement may wait for a lock. Whoever comes after it waits behind it as long.
  let lockTimeout: Duration

  enum Outcome: Sendable, Equatable {
    case moved(MigrationPlace)
    /// All is done: by this turn, or before it.
    case ended(isOurs: Bool)
    case waits(MigrationProgress.Wait)
  }

  func run(in transaction: inout Transaction) throws(PostgresError) -> Outcome {
    guard try transaction.execute(Self.lock).only().bool("locked") else {
      return .waits(.migrator)
    }
    guard try SchemaVersion.read(in: &transaction) < migration.version else {
      return .ended(isOurs: false)
    }
    let recorded = try Self.place(of: migration, in: &transaction)
    guard let place = try perform(from: recorded ?? MigrationPlace(), in: &transaction) else {
      if recorded != nil { try transaction.execute(Self.forget) }
      try transaction.execute(
        Self.record, [.int4(Int32(migration.version)), .text(migration.name)])
      return .ended(isOurs: true)
    }
    if recorded == nil { try transaction.script(Self.remember) }
    try transaction.execute(
      Self.move,
      [.int4(Int32(migration.version)), .int4(Int32(place.step)), .text("\(place.rows)")])
    return .moved(place)
  }

  /// Nil once the last step is done.
  private func perform(
    from place: MigrationPlace, in transaction: inout Transaction
  ) throws(PostgresError) -> MigrationPlace? {
    guard place.step < migration.steps.count else {
      throw .misuse("\(migration.label) was begun by another version of rekey")
    }
    try transaction.execute(Self.limitLocks, [.text("\(lockTimeout.milliseconds)")])
    let step = migration.steps[place.step]
    if step.isBatch {
      let batch = Statement(name: "batch \(migration.version) \(place.step)", sql: step.sql)
      let rows = try transaction.execute(batch).affected
      if rows > 0 { return MigrationPlace(step: place.step, rows: place.rows + rows) }
    } else {
      try transaction.script(step.sql)
    }
    return place.step + 1 < migration.steps.count ? MigrationPlace(step: place.step + 1) : nil
  }

  /// Nil where nothing of it is done yet.
  private static func place(
    of migration: Migration, in transaction: inout Transaction
  ) throws(PostgresError) -> MigrationPlace? {
    guard try transaction.execute(progressExists).only().bool("exists") else { return nil }
    return try transaction.execute(progress, [.int4(Int32(migration.version))]).first
      .map { row throws(PostgresError) in try MigrationPlace(row) }
  }

  static func place(
    of migration: Migration, in session: Session
  ) async throws(PostgresError) -> MigrationPlace? {
    try await session.transaction(within: .seconds(10)) { transaction throws(PostgresError) in
      try place(of: migration, in: &transaction)
    }
  }
}

extension MigrationTurn {
  private static let lock = Statement(
    name: "lock_migrations",
    sql: "SELECT pg_try_advisory_xact_lock(hashtext('rekey.migrations')) AS locked")
  private static let limitLocks = Statement(
    name: "limit_locks", sql: "SELECT set_config('lock_timeout', $1::text, true) AS limit")
  private static let record = Statement(
    name: "record_version",
    sql: "INSERT INTO rekey.schema_version (version, name) VALUES ($1::int, $2::text)")

  /// There only while a migration of several steps is under way.
  private static let progressExists = CatalogueQuery.hasTable("migration_progress")
  private static let remember = """
    CREATE TABLE rekey.migration_progress (
      version integer PRIMARY KEY, step integer NOT NULL, rows bigint NOT NULL);
    COMMENT ON TABLE rekey.migration_progress IS
      'How far a migration is that was begun and not ended: run rekey migrate. Goes with its end.';
    """
  private static let progress = Statement(
    name: "migration_progress",
    sql: "SELECT step, rows FROM rekey.migration_progress WHERE version = $1::int")
  private static let move = Statement(
    name: "move_migration",
    sql: """
      INSERT INTO rekey.migration_progress AS p (version, step, rows) VALUES ($1::int, $2::int, $3::text::bigint)
      ON CONFLICT (version) DO UPDATE SET step = excluded.step, rows = excluded.rows
      """)
  private static let forget = Statement(
    name: "forget_progress", sql: "DROP TABLE rekey.migration_progress")
}

extension MigrationPlace {
  fileprivate init(_ row: Row) throws(PostgresError) {
    self.init(step: try row.int("step"), rows: try row.int("rows"))
  }
}

/// Looks into the catalogue itself: what to_regclass() remembers may be older than a lock that was
/// just waited for.
enum CatalogueQuery {
  /// - Parameter kind: of pg_class.relkind; nil for any.
  static func hasTable(_ table: String, kind: Character? = nil) -> Statement {
    Statement(
      name: "has_\(table)\(kind.map { "_\($0)" } ?? "")",
      sql: """
        SELECT EXISTS (
          SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = 'rekey' AND c.relname = '\(table)'\(kind.map { " AND c.relkind = '\($0)'" } ?? "")
        ) AS exists
        """)
  }
}

extension Duration {
  fileprivate var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
