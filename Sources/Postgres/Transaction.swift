/// One transaction, lent to a synchronous closure, so nothing can be awaited while locks are held.
///
/// BEGIN travels with the first statement. After a server error every further statement throws that
/// error again, and the transaction is rolled back even if the closure returns normally.
public struct Transaction: ~Copyable {
  private enum State {
    case notBegun
    case open
    case failed(PostgresError)
    case ended
  }

  private let connection: Connection
  private let deadline: Deadline
  private var state = State.notBegun
  /// What travels before the next statement.
  private var ahead: [RoundTrip.Part] = []

  init(_ connection: Connection, until deadline: Deadline) {
    self.connection = connection
    self.deadline = deadline
  }

  @discardableResult
  public mutating func execute(
    _ statement: Statement, _ parameters: [Parameter] = []
  ) throws(PostgresError) -> Rows {
    try send(statement, parameters, end: nil)
  }

  /// Lets a statement travel with the next one, in the same round trip; its rows are not read. Each
  /// has a snapshot of its own, so the second sees what the first has waited for.
  public mutating func precede(
    _ statement: Statement, _ parameters: [Parameter] = []
  ) throws(PostgresError) {
    try requireUsable()
    do { ahead.append((try connection.prepared(statement, until: deadline), parameters)) } catch {
      note(error)
      throw error
    }
  }

  /// Executes the last statement and commits in the same round trip. If it fails, nothing is
  /// committed. Afterwards the transaction can do nothing more.
  @discardableResult
  public mutating func finish(
    _ statement: Statement, _ parameters: [Parameter] = []
  ) throws(PostgresError) -> Rows {
    let rows = try send(statement, parameters, end: .commit)
    state = .ended
    return rows
  }

  /// Takes back everything, without an error. Afterwards the transaction can do nothing more.
  public mutating func rollback() {
    switch state {
    case .notBegun, .ended: break
    case .open, .failed:
      // Without an answer the connection is dropped, which rolls back too.
      let roundTrip = RoundTrip(end: .rollback, isInTransaction: true)
      _ = try? connection.perform(roundTrip, until: deadline)
    }
    state = .ended
  }

  /// Several statements by the simple protocol, inside this transaction. Takes a round trip of its
  /// own for BEGIN if it comes first.
  public mutating func script(_ sql: String) throws(PostgresError) {
    try requireUsable()
    do {
      if case .notBegun = state {
        _ = try connection.perform(RoundTrip(begins: true), until: deadline)
        state = .open
      }
      try connection.script(sql, until: deadline)
    } catch {
      note(error)
      throw error
    }
  }

  /// Ends the transaction after its closure has returned.
  mutating func commit() throws(PostgresError) {
    switch state {
    case .notBegun, .ended: break
    case .failed(let error): throw error
    case .open:
      let roundTrip = RoundTrip(end: .commit, isInTransaction: true)
      _ = try connection.perform(roundTrip, until: deadline)
    }
    state = .ended
  }

  private mutating func send(
    _ statement: Statement, _ parameters: [Parameter], end: Statement?
  ) throws(PostgresError) -> Rows {
    try requireUsable()
    do {
      let prepared = try connection.prepared(statement, until: deadline)
      var roundTrip = RoundTrip(
        statements: ahead + [(prepared, parameters)], end: end, isInTransaction: true)
      ahead = []
      if case .notBegun = state { roundTrip.begins = true }
      let rows = try connection.perform(roundTrip, until: deadline)
      state = .open
      return rows
    } catch {
      note(error)
      throw error
    }
  }

  private func requireUsable() throws(PostgresError) {
    switch state {
    case .failed(let error): throw error
    case .ended: throw .misuse("the transaction has ended")
    case .notBegun, .open: break
    }
  }

  /// Wrong use was refused before anything was sent, all else leaves a failed transaction.
  private mutating func note(_ error: PostgresError) {
    if case .misuse = error { return }
    state = .failed(error)
  }
}
