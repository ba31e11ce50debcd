public import PasswordReset
import Postgres

extension DeadLetters {
  public struct Drop: Sendable {
    public fileprivate(set) var dropped = 0
    /// Which of the ids that were named had a dead letter, as ids of messages or requests.
    public fileprivate(set) var met: Set<RequestID> = []
  }

  /// Deletes dead letters for good, in batches as `retry` works; requests whose link was never sent
  /// are dismissed with them.
  /// - Parameter onProgress: told how many are gone, after each batch.
  public func drop(
    _ choice: DeadLetterChoice, batch: Int = 5000, onProgress: (Int) -> Void = { _ in }
  ) async throws(DatabaseProblem) -> Drop {
    let chosen = choice.parameters(at: try await session.now())
    var drop = Drop()
    var last: Int
    repeat {
      last = try await session.batch(
        Queries.dropDeadLetters, chosen + [.int4(Int32(clamping: batch))]
      ) { rows throws(PostgresError) in
        if choice.ids != nil {
          for row in rows {
            drop.met.formUnion([try row.requestID("id"), try row.requestID("request_id")])
          }
        }
        drop.dropped += rows.count
        return rows.count
      }
      onProgress(drop.dropped)
    } while last > 0
    return drop
  }
}
