import CPostgres

/// Owns one PGresult.
@safe struct QueryResult: ~Copyable {
  private let pointer: OpaquePointer
  let status: ExecStatusType

  /// Takes `pointer` over.
  init(_ pointer: OpaquePointer) {
    unsafe self.pointer = unsafe pointer
    status = unsafe PQresultStatus(pointer)
  }

  deinit {
    unsafe PQclear(pointer)
  }

  var isSuccess: Bool {
    status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY
  }

  /// The server's error; nil if this is none or if libpq made it up because the connection broke.
  var serverError: PostgresError? {
    guard status == PGRES_FATAL_ERROR, let state = unsafe string(CPostgresSQLState(pointer)) else {
      return nil
    }
    var message = unsafe string(CPostgresPrimaryMessage(pointer)) ?? ""
    if let position = unsafe string(CPostgresStatementPosition(pointer)) {
      message += " (at character \(position))"
    }
    let severity = unsafe string(CPostgresSeverity(pointer)) ?? "ERROR"
    if severity != "ERROR" || SQLState.endsConnection(state) {
      return .unavailable(reason: message, sqlState: state)
    }
    return .server(
      sqlState: state, message: message,
      constraint: unsafe string(CPostgresConstraint(pointer)))
  }

  /// The tag of the command: "BEGIN", "COMMIT", "ROLLBACK", "UPDATE 1" …
  var commandTag: String {
    // The function takes a mutable result but does not change it.
    unsafe string(PQcmdStatus(pointer)) ?? ""
  }

  /// What PQdescribePrepared answered.
  func prepared(_ statement: Statement) -> PreparedStatement {
    let parameters = unsafe (0..<PQnparams(pointer)).map { unsafe PQparamtype(pointer, $0) }
    let fields = unsafe 0..<PQnfields(pointer)
    let names = fields.map { unsafe string(PQfname(pointer, $0)) ?? "" }
    let types = fields.map { unsafe PQftype(pointer, $0) }
    return PreparedStatement(
      statement: statement, parameterTypes: parameters,
      columns: Columns(names: names, types: types))
  }

  func rows(_ columns: Columns) throws(PostgresError) -> Rows {
    let affected = unsafe string(PQcmdTuples(pointer)).flatMap { Int($0) } ?? 0
    let rowCount = unsafe PQntuples(pointer)
    guard rowCount > 0 else {
      return Rows(table: Table(columns: columns), affected: affected)
    }
    let columnCount = unsafe PQnfields(pointer)
    guard Int(columnCount) == columns.count else {
      throw .decoding("\(columns.count) columns expected, \(columnCount) returned")
    }
    var bytes: [UInt8] = []
    var cells: [Table.Cell] = []
    cells.reserveCapacity(Int(rowCount) * columns.count)
    for row in 0..<rowCount {
      for column in 0..<columnCount { append(row, column, to: &bytes, &cells) }
    }
    return Rows(
      table: Table(columns: columns, rowCount: Int(rowCount), bytes: bytes, cells: cells),
      affected: affected)
  }

  private func append(
    _ row: Int32, _ column: Int32, to bytes: inout [UInt8], _ cells: inout [Table.Cell]
  ) {
    let length = unsafe Int(PQgetlength(pointer, row, column))
    // Only an empty value can be NULL, which saves a call for each other one.
    let isNull = unsafe length == 0 && PQgetisnull(pointer, row, column) == 1
    cells.append(Table.Cell(start: bytes.count, length: isNull ? -1 : length))
    guard length > 0 else { return }
    unsafe bytes.append(
      contentsOf: UnsafeRawBufferPointer(start: PQgetvalue(pointer, row, column), count: length))
  }

  private func string(_ cString: UnsafePointer<CChar>?) -> String? {
    unsafe cString.map { unsafe String(cString: $0) }
  }
}
