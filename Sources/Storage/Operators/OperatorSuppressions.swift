public import PasswordReset
public import Postgres

/// An address that gets no mail of a caller until a moment.
public struct SuppressedAddress: Sendable {
  public let id: RequestID
  public let caller: String
  public let sealed: [UInt8]
  public let kid: KeyID
  public let reason: SuppressionReason
  /// Who said so: `2-sendgrid`, `hook`, `operator`.
  public let source: String
  public let since: Timestamp
  public let until: Timestamp
}

/// The list of suppressed addresses, for operators.
public struct OperatorSuppressions: Sendable {
  private let session: OperatorSession

  public init(url: PostgresURL, isPooled: Bool = false) {
    session = OperatorSession(url: url, isPooled: isPooled, command: "suppressions")
  }

  public func close() async { await session.close() }

  /// Database time, from which new suppressions count.
  public func now() async throws(DatabaseProblem) -> Timestamp { try await session.now() }

  /// The last added first, a page at a time.
  /// - Parameters:
  ///   - limit: nil for all.
  ///   - each: told one page; returns whether to go on.
  public func list(
    reason: SuppressionReason? = nil, limit: Int? = nil, page: Int = 5000,
    _ each: ([SuppressedAddress]) -> Bool
  ) async throws(DatabaseProblem) {
    let wanted: Parameter = reason.map { .text($0.rawValue) } ?? .null
    var place: [Parameter] = [.null, .null]
    var left = limit ?? .max
    while left > 0 {
      let size = min(page, left)
      let found = try await session.read(
        Queries.listSuppressions, [.null, wanted] + place + [.int4(Int32(clamping: size))]
      ) { rows throws(PostgresError) in try SuppressedAddress.all(rows) }
      guard let last = found.last, each(found), found.count == size else { return }
      left -= found.count
      place = [.timestamp(last.since.microseconds), .uuid(last.id.bytes)]
    }
  }

  /// Suppresses an address for a caller; where it is suppressed already, the later end counts.
  /// - Returns: what the list says of it now, and what it said before.
  public func add(
    _ suppression: Suppression
  ) async throws(DatabaseProblem) -> (now: SuppressedAddress, before: SuppressedAddress?) {
    let look: [Parameter] = [
      .bytes(suppression.addressKey.bytes), .null, .null, .null, .int4(1),
    ]
    let (before, now) = try await session.transaction { transaction throws(PostgresError) in
      let before = try transaction.execute(Queries.listSuppressions, look)
      try transaction.execute(Queries.addSuppressions, .columns(of: [suppression]))
      return (before, try transaction.execute(Queries.listSuppressions, look))
    }
    do throws(PostgresError) {
      return (try SuppressedAddress(now.only()), try SuppressedAddress.all(before).first)
    } catch { throw DatabaseProblem(error) }
  }

  /// Takes an address off the lists of those callers that the keys are of.
  /// - Returns: what they said of it; none where it was not suppressed.
  public func release(
    _ addressKeys: [KeyedHash]
  ) async throws(DatabaseProblem) -> [SuppressedAddress] {
    try await release([.bytesArray(addressKeys.map(\.bytes)), .null])
  }

  /// The one that is listed under this id.
  public func release(id: RequestID) async throws(DatabaseProblem) -> SuppressedAddress? {
    try await release([.null, .uuid(id.bytes)]).first
  }

  private func release(
    _ parameters: [Parameter]
  ) async throws(DatabaseProblem) -> [SuppressedAddress] {
    try await session.read(Queries.releaseSuppression, parameters) {
      rows throws(PostgresError) in try SuppressedAddress.all(rows)
    }
  }
}

extension SuppressedAddress {
  fileprivate init(_ row: Row) throws(PostgresError) {
    guard let reason = SuppressionReason(rawValue: try row.text("reason")) else {
      throw Row.unreadable
    }
    self.init(
      id: try row.requestID("id"), caller: try row.text("caller"),
      sealed: try row.bytes("sealed"), kid: try row.keyID("kid"), reason: reason,
      source: try row.text("source"), since: try row.moment("created_at"),
      until: try row.moment("expires_at"))
  }

  fileprivate static func all(_ rows: Rows) throws(PostgresError) -> [SuppressedAddress] {
    try rows.map { row throws(PostgresError) in try SuppressedAddress(row) }
  }
}
