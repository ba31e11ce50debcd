import PasswordReset
public import Postgres

/// Brings a database to the newest schema, one migrator at a time, beside services that run.
///
/// A step waits for a lock no longer than a second, for everybody who comes after it waits too; then
/// it is tried again after a pause.
public struct Migrator: Sendable {
  public struct Status: Sendable, Equatable {
    public let applied: Int
    public let newest: Int
    public let pending: [Migration]
    /// Of the first pending one, where it was begun.
    public let begun: MigrationPlace?
    /// The database is ahead of this version of rekey.
    public var isTooNew: Bool { applied > newest }
  }

  /// How locks are waited for.
  public struct Patience: Sendable {
    public var lockTimeout: Duration
    public var pause: Duration
    /// How often a step is tried before the migrator gives up.
    public var tries: Int

    public init(
      lockTimeout: Duration = .seconds(1), pause: Duration = .seconds(3), tries: Int = 100
    ) {
      self.lockTimeout = lockTimeout
      self.pause = pause
      self.tries = tries
    }
  }

  private let session: Session
  private let migrations: [Migration]
  private let patience: Patience

  public init(
    url: PostgresURL, migrations: [Migration] = Migrations.all, patience: Patience = Patience()
  ) {
    self.migrations = migrations
    self.patience = patience
    session = Session(
      PostgresSettings(
        url: url, applicationName: "rekey migrate", statementTimeout: .seconds(3600),
        lockTimeout: .seconds(30)),
      name: "pg-migrate")
  }

  public func close() async { await session.close() }

  /// What is applied and what is not; changes nothing.
  ///
  /// - Throws: for a database that is not UTF-8, and for one of 0.1.0.
  public func status() async throws(DatabaseProblem) -> Status {
    try await guarded { session throws(PostgresError) in
      let encoding = try await session.execute(Queries.readClock, within: .seconds(10)).only()
        .text("encoding")
      guard encoding == "UTF8" else { throw PostgresError.misuse("the encoding is not UTF8") }
    }
    // Before anything is read from tables: who asks may have no rights in the former ones.
    let version = try await guarded { session throws(PostgresError) -> Int? in
      try await session.transaction(within: .seconds(10)) { transaction throws(PostgresError) in
        try SchemaVersion.isFormer(in: &transaction)
          ? nil : try SchemaVersion.read(in: &transaction)
      }
    }
    guard let version else { throw DatabaseProblem("database: \(SchemaVersion.formerProblem)") }
    let pending = migrations.filter { $0.version > version }
    let begun = try await guarded { session throws(PostgresError) -> MigrationPlace? in
      guard let next = pending.first else { return nil }
      return try await MigrationTurn.place(of: next, in: session)
    }
    return Status(
      applied: version, newest: migrations.last?.version ?? 0, pending: pending, begun: begun)
  }

  /// Applies what is pending.
  /// - Parameter onProgress: told before each step, after each batch, and while something is waited
  ///   for.
  /// - Returns: the labels of what was applied.
  public func migrate(
    onProgress: @Sendable (MigrationProgress) -> Void
  ) async throws(DatabaseProblem) -> [String] {
    let status = try await status()
    guard !status.isTooNew else {
      throw DatabaseProblem(
        "the database is at schema version \(status.applied), newer than this rekey knows (\(status.newest))"
      )
    }
    var applied: [String] = []
    for migration in status.pending {
      let begun = migration == status.pending.first ? status.begun : nil
      if try await apply(migration, from: begun ?? MigrationPlace(), onProgress) {
        applied.append(migration.label)
      }
    }
    return applied
  }

  /// False where another migrator ended it.
  private func apply(
    _ migration: Migration, from place: MigrationPlace,
    _ onProgress: @Sendable (MigrationProgress) -> Void
  ) async throws(DatabaseProblem) -> Bool {
    var progress = MigrationProgress(migration: migration, place: place)
    onProgress(progress)
    var tries = 0
    while true {
      switch try await turn(of: migration) {
      case .moved(let place):
        (progress, tries) = (MigrationProgress(migration: migration, place: place), 0)
        onProgress(progress)
      case .ended(let isOurs): return isOurs
      case .waits(let reason):
        tries += reason == .lock ? 1 : 0
        guard tries < patience.tries else {
          throw DatabaseProblem(
            "\(progress): given up after \(tries) tries; run rekey migrate again to go on")
        }
        progress.wait = reason
        onProgress(progress)
        // Who holds a lock tells nobody when it is free; to wait in its queue would hold up all others.
        do { try await Task.sleep(for: patience.pause) } catch {
          throw DatabaseProblem("\(progress): stopped; run rekey migrate again to go on")
        }
      }
    }
  }

  private func turn(
    of migration: Migration
  ) async throws(DatabaseProblem) -> MigrationTurn.Outcome {
    let turn = MigrationTurn(migration: migration, lockTimeout: patience.lockTimeout)
    return try await guarded { session throws(PostgresError) in
      do throws(PostgresError) {
        return try await session.transaction(within: .seconds(3600)) {
          transaction throws(PostgresError) in try turn.run(in: &transaction)
        }
      } catch {
        guard error.sqlState == "55P03" || error.wantsAnotherTry else { throw error }
        return .waits(.lock)
      }
    }
  }

  private func guarded<Value: Sendable>(
    _ body: (Session) async throws(PostgresError) -> Value
  ) async throws(DatabaseProblem) -> Value {
    do throws(PostgresError) { return try await body(session) } catch {
      throw DatabaseProblem(error)
    }
  }
}
