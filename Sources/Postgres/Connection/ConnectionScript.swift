import CPostgres

extension ConnectionHandle {
  var isIdle: Bool { transactionStatus == PQTRANS_IDLE }

  /// Runs several statements at once by the simple protocol, which pipeline mode does not allow.
  func script(_ sql: String, until deadline: Deadline) throws(PostgresError) {
    guard !sql.utf8.contains(0) else { throw .misuse("a script holds NUL") }
    guard !deadline.hasPassed else { throw .deadline() }
    try leavePipeline()
    let inTransaction = transactionStatus != PQTRANS_IDLE
    var failure: PostgresError?
    do throws(PostgresError) {
      guard unsafe PQsendQuery(pointer, sql) == 1 else { throw connectionError }
      try flush(until: deadline)
      while let result = try nextResult(until: deadline) {
        if result.isSuccess || failure != nil { continue }
        failure = try scriptError(result)
      }
    } catch {
      throw inTransaction ? error : (failure ?? error.withOutcomeUnknown)
    }
    try enterPipeline()
    if let failure { throw failure }
  }

  /// A result that is neither rows nor an error is a COPY, which would wait for data for ever.
  private func scriptError(_ result: borrowing QueryResult) throws(PostgresError) -> PostgresError {
    guard result.status == PGRES_FATAL_ERROR else {
      throw .unavailable(reason: "COPY is not supported in a script")
    }
    return result.serverError ?? connectionError
  }
}
