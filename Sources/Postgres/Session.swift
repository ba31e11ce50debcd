import Threading

/// One connection on a thread of its own. Calls run one after another in the order in which they
/// come; each has a deadline that counts from the call and includes waiting and connecting.
///
/// The closures are synchronous and run on the session's thread.
public actor Session {
  private let connection: Connection
  private let thread: DedicatedThread
  private var isClosed = false

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe thread.asUnownedSerialExecutor()
  }

  /// Does not connect yet.
  /// - Parameter statements: prepared with each new connection, in one round trip. Others are
  ///   prepared at their first use.
  public init(
    _ settings: PostgresSettings, statements: [Statement] = [], name: String = "postgres"
  ) {
    connection = Connection(settings, statements: statements)
    thread = DedicatedThread(name: name)
  }

  /// Connects now, so that a wrong address or a broken statement shows at the start.
  public nonisolated(nonsending) func connect(
    within limit: Duration
  ) async throws(PostgresError) {
    try await connect(until: Deadline(after: limit))
  }

  /// Lends the connection to `body`; each statement is a transaction of its own.
  @discardableResult
  public nonisolated(nonsending) func run<Value: Sendable>(
    within limit: Duration,
    _ body: @Sendable (inout Autocommit) throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    try await run(until: Deadline(after: limit), body)
  }

  /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
  @discardableResult
  public nonisolated(nonsending) func transaction<Value: Sendable>(
    within limit: Duration,
    _ body: @Sendable (inout Transaction) throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    try await transaction(until: Deadline(after: limit), body)
  }

  /// Executes one statement as a transaction of its own.
  @discardableResult
  public nonisolated(nonsending) func execute(
    _ statement: Statement, _ parameters: [Parameter] = [], within limit: Duration
  ) async throws(PostgresError) -> Rows {
    try await run(within: limit) { connection throws(PostgresError) in
      try connection.execute(statement, parameters)
    }
  }

  /// Runs SQL of several statements by the simple protocol. Unless it has BEGIN and COMMIT of its
  /// own, all of it is one transaction. A transaction left open is rolled back.
  public nonisolated(nonsending) func script(
    _ sql: String, within limit: Duration
  ) async throws(PostgresError) {
    try await script(sql, until: Deadline(after: limit))
  }

  /// Disconnects after the calls already queued and ends the thread; later calls throw `closed`.
  public func close() {
    isClosed = true
    connection.close()
    thread.stop()
  }
}

extension Session {
  func connect(until deadline: Deadline) throws(PostgresError) {
    guard !isClosed else { throw .closed }
    try connection.ready(until: deadline)
  }

  func run<Value: Sendable>(
    until deadline: Deadline,
    _ body: @Sendable (inout Autocommit) throws(PostgresError) -> Value
  ) throws(PostgresError) -> Value {
    try connect(until: deadline)
    defer { connection.settle() }
    var lent = Autocommit(connection, until: deadline)
    return try body(&lent)
  }

  func transaction<Value: Sendable>(
    until deadline: Deadline,
    _ body: @Sendable (inout Transaction) throws(PostgresError) -> Value
  ) throws(PostgresError) -> Value {
    try connect(until: deadline)
    defer { connection.settle() }
    var transaction = Transaction(connection, until: deadline)
    do {
      let value = try body(&transaction)
      try transaction.commit()
      return value
    } catch {
      transaction.rollback()
      throw error
    }
  }

  private func script(_ sql: String, until deadline: Deadline) throws(PostgresError) {
    try connect(until: deadline)
    defer { connection.settle() }
    try connection.script(sql, until: deadline)
  }
}

/// A session's connection, lent to a synchronous closure. Each statement is a transaction of its
/// own and takes one round trip.
public struct Autocommit: ~Copyable {
  private let connection: Connection
  private let deadline: Deadline

  init(_ connection: Connection, until deadline: Deadline) {
    self.connection = connection
    self.deadline = deadline
  }

  @discardableResult
  public mutating func execute(
    _ statement: Statement, _ parameters: [Parameter] = []
  ) throws(PostgresError) -> Rows {
    let prepared = try connection.prepared(statement, until: deadline)
    return try connection.perform(
      RoundTrip(statements: [(prepared, parameters)]), until: deadline)
  }
}
