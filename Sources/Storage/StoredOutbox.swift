public import PasswordReset
import Postgres

/// The queue of messages: claimed with a lease, ended under the fence of their attempt.
public struct StoredOutbox: Outbox {
  public struct Settings: Sendable {
    public var lease: WholeDuration
    public var lifetime: WholeDuration
    public var giveUpAfter: GiveUp

    public init(lease: WholeDuration, lifetime: WholeDuration, giveUpAfter: GiveUp) {
      self.lease = lease
      self.lifetime = lifetime
      self.giveUpAfter = giveUpAfter
    }
  }

  private let database: Database
  private let settings: Settings
  private let claims: Session
  private let finishes: Batcher<MessageEnd, Bool?, RequestID>

  public init(_ database: Database, settings: Settings) {
    self.database = database
    self.settings = settings
    claims = database.session(
      [
        Queries.claimMessages, Queries.renewLeases, Queries.lockMessage, Queries.lockAccounts,
        Queries.nameAccount, Queries.sayNoAccount, Queries.expireMessages,
      ], name: "pg-claims")
    let finishing = Finishing(database)
    var rules = Batcher<MessageEnd, Bool?, RequestID>.Rules()
    rules.keys = { [$0.message.id] }
    finishes = Batcher(rules) { batch, company throws(BatchFailure) in
      do throws(PostgresError) { return try await finishing.finish(batch, company) } catch {
        throw database.faults.failure(error, in: "finish")
      }
    }
  }

  public func claim(
    atMost limit: Int, from queue: OutboxQueue
  ) async throws(ResetError) -> [ClaimedMessage] {
    try database.requireServable()
    let rows = try await execute(
      Queries.claimMessages,
      [
        .text(queue.rawValue), .int4(Int32(clamping: limit)), .seconds(settings.lease),
        .seconds(settings.lifetime), .seconds(settings.giveUpAfter.link),
        .seconds(settings.giveUpAfter.notice), .seconds(settings.giveUpAfter.event),
        database.keepLiveParameter,
      ], in: "claim")
    do throws(PostgresError) {
      if let row = rows.first { database.time.observe(try row.moment("now")) }
      return try rows.map { row throws(PostgresError) in try ClaimedMessage(row) }
    } catch { throw database.faults.report(error, in: "claim") }
  }

  public func finish(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome, report: EventType?
  ) async throws(ResetError) -> Bool {
    let isHeld = try await finishes.submit(
      MessageEnd(message: message, outcome: outcome, report: report))
    // Written again a little later: nobody else waits for whoever holds the row.
    guard let isHeld else { throw .unavailable }
    return isHeld
  }

  public func renew(_ messages: [ClaimedMessage]) async throws(ResetError) -> Set<RequestID> {
    let rows = try await execute(
      Queries.renewLeases,
      [
        .uuids(messages.map(\.id.bytes)), .int4s(messages.map { Int32(clamping: $0.attempt) }),
        .seconds(settings.lease),
      ], in: "renew")
    do throws(PostgresError) {
      return Set(try rows.map { row throws(PostgresError) in try row.requestID("id") })
    } catch { throw database.faults.report(error, in: "renew") }
  }

  public func name(
    _ account: KeyedHash, sealed: Vault.Sealed, for message: ClaimedMessage
  ) async throws(ResetError) -> Bool {
    let fence: [Parameter] = [.uuid(message.id.bytes), .int4(Int32(clamping: message.attempt))]
    let request = Parameter.uuid(message.requestID.bytes)
    let named: [Parameter] = [
      request, .bytes(account.bytes), .bytes(sealed.bytes), .bytes(sealed.kid.bytes),
      database.keepLiveParameter,
    ]
    do throws(PostgresError) {
      return try await claims.transaction(within: Database.callLimit) {
        transaction throws(PostgresError) in
        try transaction.precede(Queries.lockMessage, fence)
        try transaction.precede(Queries.lockAccounts, [request, .bytes(account.bytes)])
        return try !transaction.finish(Queries.nameAccount, fence + named).isEmpty
      }
    } catch { throw database.faults.report(error, in: "name account") }
  }

  public func sayNoAccount(
    _ message: ClaimedMessage, limiterKey: KeyedHash, limits: RateLimits
  ) async throws(ResetError) -> Bool {
    let rows = try await execute(
      Queries.sayNoAccount,
      [
        .uuid(message.id.bytes), .int4(Int32(clamping: message.attempt)),
        .bytes(limiterKey.bytes), .counts(limits), .windows(limits),
      ], in: "say no account")
    return !rows.isEmpty
  }

  public func expire(
    atMost limit: Int, reports: EventSubscribers
  ) async throws(ResetError) -> Int {
    try database.requireServable()
    return try await execute(
      Queries.expireMessages,
      [
        .int4(Int32(clamping: limit)), .seconds(settings.giveUpAfter.link), .bool(reports.common),
        .texts(reports.exceptions), database.keepLiveParameter,
      ], in: "expire"
    ).count
  }

  private func execute(
    _ statement: Statement, _ parameters: [Parameter], in work: String
  ) async throws(ResetError) -> Rows {
    do throws(PostgresError) {
      return try await claims.execute(statement, parameters, within: Database.callLimit)
    } catch { throw database.faults.report(error, in: work) }
  }
}

extension ClaimedMessage {
  fileprivate init(_ row: Row) throws(PostgresError) {
    guard let kind = MessageKind(rawValue: try row.text("kind")) else { throw Row.unreadable }
    self.init(
      id: try row.requestID("id"), kind: kind, attempt: try row.int("attempt"),
      failures: try row.int("failures"), lost: try row.int("lost"),
      requestID: try row.requestID("request_id"), queuedAt: try row.moment("queued_at"),
      claimedAt: try row.moment("now"), content: try Self.content(row))
  }

  private static func content(_ row: Row) throws(PostgresError) -> Content {
    switch try row.text("state") {
    case "ready":
      .ready(
        Ready(
          sealed: try row.bytes("sealed"), kid: try row.keyID("kid"),
          caller: try row.text("caller"), isSuppressed: try row.bool("suppressed"),
          event: try row.optionalText("event").flatMap(EventType.init(rawValue:)),
          cause: try row.optionalText("cause")))
    case "revoked": .revoked
    case "expired": .expired(caller: try row.text("caller"))
    default: .orphan
    }
  }
}
