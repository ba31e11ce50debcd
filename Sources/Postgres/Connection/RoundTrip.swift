import CPostgres

/// What goes to the server and back in one round trip: optionally BEGIN, statements of which the
/// last one's rows come back, optionally COMMIT or ROLLBACK.
struct RoundTrip {
  typealias Part = (prepared: PreparedStatement, parameters: [Parameter])

  var begins = false
  var statements: [Part] = []
  var end: Statement?

  /// If no answer comes, the change may have been made: outside a transaction block every
  /// statement commits by itself.
  var commits: Bool { end == .commit || (!begins && end == nil && !isInTransaction) }
  var isInTransaction = false

  /// No earlier round trip belongs to its transaction.
  var isFirst: Bool { begins || !isInTransaction }
}

extension ConnectionHandle {
  /// - Throws: `misuse` before anything is sent; `server`, after which the connection is in order;
  ///   `unavailable` and `deadline`, after which it is not.
  func perform(_ roundTrip: RoundTrip, until deadline: Deadline) throws(PostgresError) -> Rows {
    for (prepared, parameters) in roundTrip.statements {
      try encoder.encode(parameters, types: prepared.parameterTypes)
    }
    guard !deadline.hasPassed else { throw .deadline() }
    notices.clearCommitWarning()
    do throws(PostgresError) {
      try send(roundTrip)
      try flush(until: deadline)
      let rows = try receive(roundTrip, until: deadline)
      guard !(roundTrip.commits && notices.sawUnreplicatedCommit) else {
        throw .unavailable(reason: "committed, but not known to be replicated")
      }
      return rows
    } catch {
      throw roundTrip.commits ? error.withOutcomeUnknown : error
    }
  }

  private func send(_ roundTrip: RoundTrip) throws(PostgresError) {
    if roundTrip.begins { try sendEmpty(.begin) }
    // All statements up to a sync are one transaction, with BEGIN or without (PostgreSQL's manual,
    // "Extended Query": an implicit transaction block).
    if let travelling, roundTrip.isFirst {
      try sendOptions(travelling, untilTheEnd: false)
    }
    for (prepared, parameters) in roundTrip.statements {
      if roundTrip.statements.count > 1 {
        try encoder.encode(parameters, types: prepared.parameterTypes)
      }
      try sendEncoded(prepared)
    }
    if let end = roundTrip.end { try sendEmpty(end) }
    guard unsafe PQpipelineSync(pointer) == 1 else { throw connectionError }
  }

  private func sendEmpty(_ statement: Statement) throws(PostgresError) {
    let sent =
      travelling == nil
      ? unsafe PQsendQueryPrepared(pointer, statement.name, 0, nil, nil, nil, 1)
      : unsafe PQsendQueryParams(pointer, statement.sql, 0, nil, nil, nil, nil, 1)
    guard sent == 1 else { throw connectionError }
  }

  private func sendEncoded(_ prepared: PreparedStatement) throws(PostgresError) {
    let spans = encoder.spans
    let lengths = spans.map { max($0.length, 0) }
    let formats = [Int32](repeating: 1, count: spans.count)
    let sent = unsafe encoder.bytes.withUnsafeBytes { bytes in
      let values = unsafe spans.map { span -> UnsafePointer<CChar>? in
        guard span.length >= 0, let base = bytes.baseAddress else { return nil }
        return unsafe (base + span.start).assumingMemoryBound(to: CChar.self)
      }
      return unsafe travelling == nil
        ? PQsendQueryPrepared(
          pointer, prepared.statement.name, Int32(spans.count), values, lengths, formats, 1)
        : PQsendQueryParams(
          pointer, prepared.statement.sql, Int32(spans.count), prepared.parameterTypes, values,
          lengths, formats, 1)
    }
    guard sent == 1 else { throw connectionError }
  }

  private func receive(
    _ roundTrip: RoundTrip, until deadline: Deadline
  ) throws(PostgresError) -> Rows {
    var rows = Rows.empty
    let before =
      (roundTrip.begins ? 1 : 0) + (travelling != nil && roundTrip.isFirst ? 1 : 0)
    let place = before + roundTrip.statements.count - 1
    let count = place + 1 + (roundTrip.end == nil ? 0 : 1)
    try receiveResults(count, until: deadline) { index, result throws(PostgresError) in
      if index == place, let statement = roundTrip.statements.last {
        rows = try result.rows(statement.prepared.columns)
      } else if roundTrip.end == .commit, index == count - 1, result.commandTag != "COMMIT" {
        // COMMIT of a failed transaction is a ROLLBACK that reports success.
        throw .server(sqlState: SQLState.failedTransaction, message: "rolled back at COMMIT")
      }
    }
    return rows
  }

  /// Takes the results of `count` commands and of the sync after them. The first error is thrown
  /// after all have been read, so that the connection stays usable.
  func receiveResults(
    _ count: Int, until deadline: Deadline,
    _ body: (Int, borrowing QueryResult) throws(PostgresError) -> Void
  ) throws(PostgresError) {
    var failure: PostgresError?
    var index = 0
    var gaps = 0
    do {
      // After each command comes a gap; two of them mean that libpq has nothing more to give.
      while gaps < 2 {
        guard let result = try nextResult(until: deadline) else {
          gaps += 1
          index += 1
          continue
        }
        gaps = 0
        if result.status == PGRES_PIPELINE_SYNC { break }
        if result.isSuccess, index < count, failure == nil {
          do { try body(index, result) } catch { failure = error }
        } else if result.status != PGRES_PIPELINE_ABORTED, failure == nil {
          failure = result.serverError ?? connectionError
        }
      }
    } catch {
      throw failure ?? error
    }
    if let failure { throw failure }
    guard gaps < 2 else { throw connectionError }
  }
}
