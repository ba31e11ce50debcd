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
