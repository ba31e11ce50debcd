import Postgres

/// Who stands in a batch: whoever came meanwhile, or one that is kept apart from the others.
enum BatchCompany: Sendable {
  case together, alone
}

/// The sessions that batches run in. Where strangers stand together nobody waits long for a lock: the
/// batch fails soon and is taken apart. Who stands alone keeps nobody waiting and may be patient.
struct BatchSessions: Sendable {
  /// Longer than a commit of another replica takes, far shorter than anybody should wait for a
  /// stranger's lock. Below deadlock_timeout, so a deadlock is told as a lock; both are divided.
  static let lockTimeout: Duration = .milliseconds(100)
  /// How many stand alone at once.
  static let apart = 4

  private let together: Session
  private let alone: Pool

  /// Those who stand alone have connections once somebody does.
  init(_ database: Database, _ statements: [Statement], name: String) {
    together = Session(database.impatientSettings, statements: statements, name: name)
    alone = database.pool(statements, size: Self.apart, name: "\(name)-alone")
  }

  func execute(
    _ statement: Statement, _ parameters: [Parameter], _ company: BatchCompany
  ) async throws(PostgresError) -> Rows {
    switch company {
    case .together:
      try await together.execute(statement, parameters, within: Database.callLimit)
    case .alone: try await alone.execute(statement, parameters, within: Database.callLimit)
    }
  }
}
