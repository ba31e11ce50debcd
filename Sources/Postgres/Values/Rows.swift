/// A result, copied out of libpq: a value that may go anywhere.
public struct Rows: Sendable, RandomAccessCollection {
  let table: Table
  /// How many rows the statement inserted, updated, deleted or returned.
  public let affected: Int

  public var startIndex: Int { 0 }
  public var endIndex: Int { table.rowCount }

  public subscript(index: Int) -> Row {
    precondition(indices.contains(index), "row out of bounds")
    return Row(table: table, index: index)
  }

  /// The row of a statement that always returns exactly one.
  /// - Throws: `decoding` for any other number.
  public func only() throws(PostgresError) -> Row {
    guard count == 1 else { throw .decoding("one row expected, \(count) returned") }
    return self[0]
  }

  static let empty = Rows(table: Table(columns: .none), affected: 0)
}

/// All cells of a result, back to back.
final class Table: Sendable {
  struct Cell {
    let start: Int
    /// Negative is NULL.
    let length: Int
  }

  let columns: Columns
  let rowCount: Int
  private let bytes: [UInt8]
  private let cells: [Cell]

  init(columns: Columns, rowCount: Int = 0, bytes: [UInt8] = [], cells: [Cell] = []) {
    self.columns = columns
    self.rowCount = rowCount
    self.bytes = bytes
    self.cells = cells
  }

  /// Nil is NULL.
  func value(row: Int, column: Int) -> ArraySlice<UInt8>? {
    let cell = cells[row * columns.count + column]
    return cell.length < 0 ? nil : bytes[cell.start..<cell.start + cell.length]
  }
}

/// One row. Every accessor throws `decoding` if there is no such column, if its SQL type is not the
/// one asked for, or if it is NULL and the form without `optional` was used.
public struct Row: Sendable {
  let table: Table
  let index: Int

  /// uuid: 16 bytes.
  public func uuid(_ column: Column) throws(PostgresError) -> [UInt8] {
    try required(column, .uuid)
  }
  public func optionalUUID(_ column: Column) throws(PostgresError) -> [UInt8]? {
    try optional(column, .uuid)
  }

  /// bytea.
  public func bytes(_ column: Column) throws(PostgresError) -> [UInt8] {
    try required(column, .bytes)
  }
  public func optionalBytes(_ column: Column) throws(PostgresError) -> [UInt8]? {
    try optional(column, .bytes)
  }

  /// text, varchar, char(n), name, json, enums, citext and domains over them.
  public func text(_ column: Column) throws(PostgresError) -> String {
    try required(column, .text)
  }
  public func optionalText(_ column: Column) throws(PostgresError) -> String? {
    try optional(column, .text)
  }

  public func bool(_ column: Column) throws(PostgresError) -> Bool {
    try required(column, .bool)
  }

  /// smallint, integer or bigint.
  public func int(_ column: Column) throws(PostgresError) -> Int {
    try required(column, .int)
  }
  public func optionalInt(_ column: Column) throws(PostgresError) -> Int? {
    try optional(column, .int)
  }

  /// timestamptz: microseconds since 1970-01-01 00:00:00 UTC. Infinity is a `decoding` error.
  public func timestamp(_ column: Column) throws(PostgresError) -> Int64 {
    try required(column, .timestamp)
  }
  public func optionalTimestamp(_ column: Column) throws(PostgresError) -> Int64? {
    try optional(column, .timestamp)
  }

  private func required<Value>(
    _ column: Column, _ type: ColumnType<Value>
  ) throws(PostgresError) -> Value {
    guard let value = try optional(column, type) else { throw .decoding("\(column) is NULL") }
    return value
  }

  private func optional<Value>(
    _ column: Column, _ type: ColumnType<Value>
  ) throws(PostgresError) -> Value? {
    let place = try table.columns.index(of: column)
    guard let bytes = table.value(row: index, column: place) else { return nil }
    guard type.accepts(table.columns.types[place]), let value = type.decode(bytes) else {
      throw .decoding("\(column), of type \(table.columns.types[place]), is no \(Value.self)")
    }
    return value
  }
}
