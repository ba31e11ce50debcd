/// One row. Every accessor throws `decoding` if there is no such column, if its SQL type is not the
/// one asked for, or if it is NULL and the form without `optional` was used.
public struct Row: Sendable {
  let table: Table
  let index: Int

  public func isNull(_ column: Column) throws(PostgresError) -> Bool {
    table.value(row: index, column: try table.columns.index(of: column)) == nil
  }

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
  public func optionalBool(_ column: Column) throws(PostgresError) -> Bool? {
    try optional(column, .bool)
  }

  /// smallint, integer or bigint.
  public func int(_ column: Column) throws(PostgresError) -> Int {
    try required(column, .int)
  }
  public func optionalInt(_ column: Column) throws(PostgresError) -> Int? {
    try optional(column, .int)
  }

  /// real or double precision.
  public func double(_ column: Column) throws(PostgresError) -> Double {
    try required(column, .double)
  }
  public func optionalDouble(_ column: Column) throws(PostgresError) -> Double? {
    try optional(column, .double)
  }

  /// timestamptz: microseconds since 1970-01-01 00:00:00 UTC. Infinity is a `decoding` error.
  public func timestamp(_ column: Column) throws(PostgresError) -> Int64 {
    try required(column, .timestamp)
  }
  public func optionalTimestamp(_ column: Column) throws(PostgresError) -> Int64? {
    try optional(column, .timestamp)
  }

  /// timestamptz[] without NULLs, of at most one dimension.
  public func timestamps(_ column: Column) throws(PostgresError) -> [Int64] {
    try required(column, .timestamps)
  }
  public func optionalTimestamps(_ column: Column) throws(PostgresError) -> [Int64]? {
    try optional(column, .timestamps)
  }

  /// text[] without NULLs, of at most one dimension.
  public func texts(_ column: Column) throws(PostgresError) -> [String] {
    try required(column, .texts)
  }

  /// uuid[] without NULLs, of at most one dimension.
  public func uuids(_ column: Column) throws(PostgresError) -> [[UInt8]] {
    try required(column, .uuids)
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
