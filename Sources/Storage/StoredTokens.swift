public import PasswordReset
import Postgres

/// Uses tokens up and revokes them. Single use is decided by one conditional UPDATE.
public struct StoredTokens: TokenConsumer, TokenRevoker, RequestCompleter {
  private let database: Database
  private let pool: Pool

  /// - Parameter connections: consumes that may be in their transaction at once.
  public init(_ database: Database, connections: Int = 8) {
    self.database = database
    pool = database.pool(
      [
        Queries.lockFamily, Queries.consumeRequest, Queries.revokeRequests,
        Queries.completeRequest,
      ], size: connections, name: "pg-tokens")
  }

  private enum Step: Sendable {
    case done(ConsumeOutcome)
    case failed(ResetError)
  }

  public func consume(
    _ id: RequestID, key: KeyedHash?, reports: Bool,
    judge: @escaping @Sendable (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement
  ) async throws(ResetError) -> ConsumeOutcome {
    try database.requireServable()
    let oldest = try database.time.oldestAlive()
    let step = try await repeating("consume") { pool throws(PostgresError) in
      try await pool.transaction(within: Database.callLimit) {
        transaction throws(PostgresError) in
        try Self.consume(
          id, key: key, reports: reports, oldest: oldest, judge: judge, in: &transaction)
      }
    }
    switch step {
    case .done(let outcome): return outcome
    case .failed(let error): throw error
    }
  }

  /// A locked request of the same account or the same address.
  private struct Member {
    let request: StoredRequest
    let accountKey: KeyedHash?

    init(_ row: Row) throws(PostgresError) {
      request = try StoredRequest(row)
      accountKey = try row.optionalBytes("account_key").flatMap(KeyedHash.init(bytes:))
    }

    /// - Parameter addressOnly: the account key of links that name only this address.
    func isSibling(of other: Member, addressOnly: KeyedHash) -> Bool {
      let keys = [accountKey, other.accountKey]
      return keys.contains(nil) || keys.contains(addressOnly) || accountKey == other.accountKey
    }
  }

  private static func consume(
    _ id: RequestID, key: KeyedHash?, reports: Bool, oldest: RequestID,
    judge: (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement,
    in transaction: inout Transaction
  ) throws(PostgresError) -> Step {
    let family = try transaction.execute(
      Queries.lockFamily, [.uuid(id.bytes), .uuid(oldest.bytes)]
    ).map { row throws(PostgresError) in try Member(row) }
    guard let member = family.first(where: { $0.request.id == id }) else {
      transaction.rollback()
      return .done(.missing)
    }
    let request = member.request
    let addressOnly: KeyedHash
    do throws(ResetError) {
      switch try judge(request) {
      case .live(let key): addressOnly = key
      case .decided(let answer):
        transaction.rollback()
        return .done(.decided(answer))
      }
    } catch {
      transaction.rollback()
      return .failed(error)
    }
    let rows = try transaction.finish(
      Queries.consumeRequest,
      [
        .uuid(id.bytes), key.map { .bytes($0.bytes) } ?? .null,
        .uuids(
          family.filter { $0.isSibling(of: member, addressOnly: addressOnly) }
            .map(\.request.id.bytes)),
        .bool(reports),
      ])
    // The lock is held and the judge found it live, so only its time can have run out since.
    guard let row = rows.first else { return .done(.decided(.refused(.expired))) }
    return .done(.consumed(request, at: try row.moment("consumed_at")))
  }

  public func complete(
    _ id: RequestID, for caller: String, reports: Bool
  ) async throws(ResetError) -> Bool {
    try database.requireServable()
    let oldest = try database.time.oldestAlive()
    return try await repeating("complete") { pool throws(PostgresError) in
      try await pool.transaction(within: Database.callLimit) {
        transaction throws(PostgresError) in
        try Self.complete(
          id, for: caller, reports: reports, oldest: oldest, in: &transaction)
      }
    }
  }

  private static func complete(
    _ id: RequestID, for caller: String, reports: Bool, oldest: RequestID,
    in transaction: inout Transaction
  ) throws(PostgresError) -> Bool {
    // In the order of ids, as everyone takes them.
    _ = try transaction.execute(Queries.lockFamily, [.uuid(id.bytes), .uuid(oldest.bytes)])
    let rows = try transaction.execute(
      Queries.completeRequest, [.uuid(id.bytes), .text(caller), .bool(reports)])
    guard let row = rows.first, try row.bool("is_new") else {
      transaction.rollback()
      return !rows.isEmpty
    }
    let account = try row.optionalBytes("account_key")
    let address = try row.bytes("address_key")
    _ = try transaction.finish(
      Queries.revokeRequests,
      [
        .text(caller), account.map(Parameter.bytes) ?? .null,
        account == nil ? .bytes(address) : .null, .uuid(oldest.bytes),
        .text(RevokeReason.completed.rawValue),
      ])
    return true
  }

  public func revoke(_ revocation: Revocation) async throws(ResetError) -> Int {
    try database.requireServable()
    let oldest = try database.time.oldestAlive()
    let parameters: [Parameter] = [
      .text(revocation.caller), revocation.accountKey.map { .bytes($0.bytes) } ?? .null,
      revocation.addressKey.map { .bytes($0.bytes) } ?? .null, .uuid(oldest.bytes),
      .text(revocation.reason.rawValue),
    ]
    let rows = try await repeating("revoke") { pool throws(PostgresError) in
      try await pool.execute(Queries.revokeRequests, parameters, within: Database.callLimit)
    }
    return rows.count
  }

  /// A broken deadlock has done nothing and is run again.
  private func repeating<Value: Sendable>(
    _ work: String, _ body: (Pool) async throws(PostgresError) -> Value
  ) async throws(ResetError) -> Value {
    var triesLeft = 3
    while true {
      do throws(PostgresError) { return try await body(pool) } catch {
        triesLeft -= 1
        guard error.wantsAnotherTry, triesLeft > 0 else {
          throw database.faults.report(error, in: work)
        }
      }
    }
  }
}
