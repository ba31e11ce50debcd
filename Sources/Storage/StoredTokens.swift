public import PasswordReset
import Postgres

/// Uses tokens up and revokes them. The account row is locked first, then the request; single use is
/// decided by one conditional UPDATE.
public struct StoredTokens: TokenConsumer, TokenRevoker, RequestCompleter {
  private let database: Database
  private let pool: Pool
  /// By what they lock: a request, or an account.
  private let turns = Turns<[UInt8]>()

  /// - Parameter connections: consumes that may be in their transaction at once.
  public init(_ database: Database, connections: Int = 8) {
    self.database = database
    pool = database.pool(
      [
        Queries.lockAccounts, Queries.lockRequest, Queries.findRequests, Queries.consumeRequest,
        Queries.completeRequest, Queries.countLive, Queries.revokeAccounts,
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
    let keepLive = database.keepLiveParameter
    let step = try await transaction("consume", of: id.bytes) { transaction throws(PostgresError) in
      try Self.consume(
        id, key: key, reports: reports, keepLive: keepLive, judge: judge, in: &transaction)
    }
    switch step {
    case .done(let outcome): return outcome
    case .failed(let error): throw error
    }
  }

  private static func consume(
    _ id: RequestID, key: KeyedHash?, reports: Bool, keepLive: Parameter,
    judge: (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement,
    in transaction: inout Transaction
  ) throws(PostgresError) -> Step {
    try lock(id, in: &transaction)
    let rows = try transaction.execute(Queries.findRequests, [.uuids([id.bytes]), keepLive])
    guard let row = rows.first else {
      transaction.rollback()
      return .done(.missing)
    }
    let request = try StoredRequest(row)
    do throws(ResetError) {
      if case .decided(let answer) = try judge(request) {
        transaction.rollback()
        return .done(.decided(answer))
      }
    } catch {
      transaction.rollback()
      return .failed(error)
    }
    try transaction.precede(
      Queries.consumeRequest,
      [.uuid(id.bytes), key.map { .bytes($0.bytes) } ?? .null, .bool(reports)])
    let revoked = try transaction.finish(
      Queries.revokeAccounts,
      siblings(request.addressKey, request.accountKey, .siblingConsumed) + [.uuid(id.bytes)])
    // The lock is held and the judge found it live, so only its time can have run out since.
    guard let revocation = revoked.first else { return .done(.decided(.refused(.expired))) }
    return .done(.consumed(request, at: try revocation.moment("at")))
  }

  public func complete(
    _ id: RequestID, for caller: String, reports: Bool
  ) async throws(ResetError) -> Bool {
    try await transaction("complete", of: id.bytes) { transaction throws(PostgresError) in
      try Self.lock(id, in: &transaction)
      let rows = try transaction.execute(
        Queries.completeRequest, [.uuid(id.bytes), .text(caller), .bool(reports)])
      guard let row = rows.first, try row.bool("is_new") else {
        transaction.rollback()
        return !rows.isEmpty
      }
      try transaction.finish(
        Queries.revokeAccounts,
        Self.siblings(
          try row.keyedHash("address_key"), try row.optionalKeyedHash("account_key"), .completed)
          + [.null])
      return true
    }
  }

  public func revoke(_ revocation: Revocation) async throws(ResetError) -> Int {
    let keepLive = database.keepLiveParameter
    return try await transaction("revoke", of: revocation.key.bytes) {
      transaction throws(PostgresError) in
      try transaction.precede(Queries.lockAccounts, [.null, .bytes(revocation.key.bytes)])
      let siblings = Self.siblings(revocation.addressKey, revocation.accountKey, .invalidated)
      let count = try transaction.execute(
        Queries.countLive, siblings.prefix(2) + [keepLive]
      ).only().int("live")
      try transaction.finish(Queries.revokeAccounts, siblings + [.null])
      return count
    }
  }

  /// In the order in which everyone locks: account rows, then the request.
  private static func lock(
    _ id: RequestID, in transaction: inout Transaction
  ) throws(PostgresError) {
    try transaction.precede(Queries.lockAccounts, [.uuid(id.bytes), .null])
    try transaction.precede(Queries.lockRequest, [.uuid(id.bytes)])
  }

  /// `$1` to `$3` of `revoke_accounts`, of which the first two are those of `count_live`.
  private static func siblings(
    _ address: KeyedHash?, _ account: KeyedHash?, _ reason: RevokeReason
  ) -> [Parameter] {
    [
      address.map { .bytes($0.bytes) } ?? .null, account.map { .bytes($0.bytes) } ?? .null,
      .text(reason.rawValue),
    ]
  }

  /// A broken deadlock has done nothing and is run again.
  private func transaction<Value: Sendable>(
    _ work: String, of key: [UInt8],
    _ body: @Sendable (inout Transaction) throws(PostgresError) -> Value
  ) async throws(ResetError) -> Value {
    try database.requireServable()
    return try await turns.take(key) { () throws(ResetError) in
      try await repeated(work, body)
    }
  }

  private func repeated<Value: Sendable>(
    _ work: String, _ body: @Sendable (inout Transaction) throws(PostgresError) -> Value
  ) async throws(ResetError) -> Value {
    var triesLeft = 3
    while true {
      do throws(PostgresError) {
        return try await pool.transaction(within: Database.callLimit, body)
      } catch {
        triesLeft -= 1
        guard error.wantsAnotherTry, triesLeft > 0 else {
          throw database.faults.report(error, in: work)
        }
      }
    }
  }
}

extension Revocation {
  fileprivate var addressKey: KeyedHash? { if case .address(let key) = self { key } else { nil } }

  fileprivate var accountKey: KeyedHash? { if case .account(let key) = self { key } else { nil } }
}
