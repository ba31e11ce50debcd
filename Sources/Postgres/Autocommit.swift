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
      Exchange(statement: (prepared, parameters)), until: deadline)
  }
}
