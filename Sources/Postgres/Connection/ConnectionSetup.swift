import CPostgres

extension ConnectionHandle {
  /// Makes the settings of the session and prepares all statements, in one round trip each for
  /// these and for what only some servers can do.
  func setUp(
    options: [(name: String, value: String)], statements: [Statement], until deadline: Deadline
  ) throws(PostgresError) {
    // Behind a pooler they hold for these statements alone, whose tables may be locked.
    try sendOptions(options, untilTheEnd: travelling == nil)
    for statement in statements { try sendPrepare(statement) }
    try finishPreparing(statements, resultsBefore: 1, until: deadline)
    if travelling == nil { try detectAbandonment(until: deadline) }
  }

  /// Lets the server end a statement whose client has gone, at most a second later: one that was
  /// given up at a deadline must not keep its locks. Not every server system can do that.
  private func detectAbandonment(until deadline: Deadline) throws(PostgresError) {
    guard unsafe PQserverVersion(pointer) >= 140_000 else { return }
    do throws(PostgresError) {
      try sendOptions(
        [(name: "client_connection_check_interval", value: "1s")], untilTheEnd: true)
      try finishPreparing([], resultsBefore: 1, until: deadline)
    } catch .server {
    }
  }

  func prepare(_ statement: Statement, until deadline: Deadline) throws(PostgresError) {
    try sendPrepare(statement)
    try finishPreparing([statement], resultsBefore: 0, until: deadline)
  }

  /// - Parameter untilTheEnd: of the session; else of the transaction.
  func sendOptions(
    _ options: [(name: String, value: String)], untilTheEnd: Bool
  ) throws(PostgresError) {
    let calls = options.indices.map { index in
      let (name, value) = ("$\(2 * index + 1)", "$\(2 * index + 2)")
      // remote_apply promises more than on, so a server that is set to it stays there.
      return """
        set_config(\(name), CASE WHEN \(name) = 'synchronous_commit' AND \(value) = 'on'
        AND current_setting('synchronous_commit') = 'remote_apply'
        THEN 'remote_apply' ELSE \(value) END, \(!untilTheEnd))
        """
    }
    let sql = "SELECT " + calls.joined(separator: ", ")
    let sent = unsafe withCStrings(options.flatMap { [$0.name, $0.value] }) { values in
      unsafe PQsendQueryParams(
        pointer, sql, Int32(values.count - 1), nil, values, nil, nil, 1)
    }
    guard sent == 1 else { throw connectionError }
  }

  private func sendPrepare(_ statement: Statement) throws(PostgresError) {
    // Without a name it is gone with the transaction, and only what it is like is learnt.
    let name = travelling == nil ? statement.name : ""
    guard unsafe PQsendPrepare(pointer, name, statement.sql, 0, nil) == 1,
      unsafe PQsendDescribePrepared(pointer, name) == 1
    else { throw connectionError }
  }

  private func finishPreparing(
    _ statements: [Statement], resultsBefore: Int, until deadline: Deadline
  ) throws(PostgresError) {
    guard unsafe PQpipelineSync(pointer) == 1 else { throw connectionError }
    try flush(until: deadline)
    let count = resultsBefore + 2 * statements.count
    try receiveResults(count, until: deadline) { index, result throws(PostgresError) in
      let (place, part) = (index - resultsBefore).quotientAndRemainder(dividingBy: 2)
      guard index >= resultsBefore, part == 1 else { return }
      prepared[statements[place].name] = result.prepared(statements[place])
    }
  }
}
