public import PasswordReset
import Postgres

/// The addresses that get no mail, and what providers have reported of them.
public struct StoredSuppressions: SuppressionList, ReportStore {
  private let database: Database
  private let pool: Pool

  public init(_ database: Database) {
    self.database = database
    pool = database.pool(
      [Queries.findSuppression, Queries.addSuppressions, Queries.recordReports], size: 2,
      name: "pg-suppressions")
  }

  public func contains(_ addressKey: KeyedHash) async throws(ResetError) -> Bool {
    try await !execute(
      Queries.findSuppression, [.bytes(addressKey.bytes)], in: "find suppression"
    ).isEmpty
  }

  public func add(_ suppression: Suppression) async throws(ResetError) {
    _ = try await execute(
      Queries.addSuppressions, .columns(of: [suppression]), in: "add suppression")
  }

  public func record(
    _ records: [ReportRecord], delivery: KeyedHash, reports: EventSubscribers
  ) async throws(ResetError) -> Bool {
    let parts = records.flatMap { record in record.suppressions.map { (record, $0) } }
    let parameters: [Parameter] =
      [.bytes(delivery.bytes), .bytesArray(parts.map(\.0.receipt.bytes))]
      + .columns(of: parts.map(\.1))
      + [
        .uuids(parts.map { $0.0.requestID?.bytes }), .texts(parts.map(\.0.event.rawValue)),
        .bool(reports.common), .texts(reports.exceptions),
      ]
    let rows = try await execute(Queries.recordReports, parameters, in: "record reports")
    do throws(PostgresError) { return try rows.only().bool("is_new") } catch {
      throw database.faults.report(error, in: "record reports")
    }
  }

  private func execute(
    _ statement: Statement, _ parameters: [Parameter], in work: String
  ) async throws(ResetError) -> Rows {
    try database.requireServable()
    do throws(PostgresError) {
      return try await pool.execute(statement, parameters, within: Database.callLimit)
    } catch { throw database.faults.report(error, in: work) }
  }
}

extension [Parameter] {
  /// Address keys, callers, ids, sealed addresses, key ids, reasons, sources, lifetimes.
  static func columns(of suppressions: [Suppression]) -> [Parameter] {
    [
      .bytesArray(suppressions.map(\.addressKey.bytes)), .texts(suppressions.map(\.caller)),
      .uuids(suppressions.map(\.id.bytes)),
      .bytesArray(suppressions.map(\.sealed.bytes)),
      .bytesArray(suppressions.map(\.sealed.kid.bytes)),
      .texts(suppressions.map(\.reason.rawValue)), .texts(suppressions.map(\.source)),
      .int4s(suppressions.map { Int32(clamping: $0.lifetime.seconds) }),
    ]
  }
}
