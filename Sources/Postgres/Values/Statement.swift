/// One SQL statement, prepared once per connection and from then on sent by name.
///
/// Parameters are `$1`, `$2` …; their types come from casts in the SQL such as `$1::uuid[]`.
public struct Statement: Sendable, Hashable {
  /// 1 … 63 bytes, unique within a connection.
  public let name: String
  public let sql: String

  public init(name: String, sql: String) {
    self.name = name
    self.sql = sql
  }

  /// The name alone, since hashing the SQL at every call would cost more than the call.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
  }
}

extension Statement {
  // Names with a space cannot clash with those of callers, who use identifiers.
  static let begin = Statement(name: "transaction begin", sql: "BEGIN")
  static let commit = Statement(name: "transaction commit", sql: "COMMIT")
  static let rollback = Statement(name: "transaction rollback", sql: "ROLLBACK")
}

/// What the server told about a statement when it was prepared.
struct PreparedStatement {
  let statement: Statement
  let parameterTypes: [UInt32]
  let columns: Columns
}
