public import PasswordReset
import Postgres

/// What is done beside the sending: taking away what has had its time, and writing down how the
/// transports fare.
public struct OutboxUpkeep: Sendable {
  private let database: Database
  private let session: Session

  public init(_ database: Database) {
    self.database = database
    session = database.session([Queries.tendOutbox, Queries.tellTransports], name: "pg-upkeep")
  }

  /// Returns how many states of workers were taken away.
  public func tend() async throws(ResetError) -> Int {
    try await execute(Queries.tendOutbox, [], in: "tend").affected
  }

  /// - Parameter worker: this process, for as long as it runs.
  public func tell(_ states: [TransportState], of worker: RequestID) async throws(ResetError) {
    _ = try await execute(
      Queries.tellTransports,
      [
        .uuid(worker.bytes), .texts(states.map(\.transport)), .texts(states.map(\.state.rawValue)),
        .texts(states.map(\.cause)),
        .int4s(states.map { Int32(clamping: $0.since.components.seconds) }),
      ], in: "tell transports")
  }

  private func execute(
    _ statement: Statement, _ parameters: [Parameter], in work: String
  ) async throws(ResetError) -> Rows {
    try database.requireServable()
    do throws(PostgresError) {
      return try await session.execute(statement, parameters, within: .seconds(30))
    } catch { throw database.faults.report(error, in: work) }
  }
}
