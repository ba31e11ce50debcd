public import PasswordReset
import Postgres

/// Keeps the day partitions ahead of the days.
public struct Partitions: Sendable {
  private let database: Database
  private let session: Session

  public init(_ database: Database) {
    self.database = database
    session = database.session([], name: "pg-partitions")
  }

  /// Returns how many were missing.
  public func makeAhead() async throws(ResetError) -> Int {
    try database.requireServable()
    do throws(PostgresError) {
      return try await session.execute(
        Queries.makePartitions, [.int4(Int32(Migrator.daysAhead))], within: .seconds(30)
      ).only().int("made")
    } catch { throw database.faults.report(error, in: "partitions") }
  }
}
