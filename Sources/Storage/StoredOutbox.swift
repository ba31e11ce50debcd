public import PasswordReset
import Postgres

/// The queue of messages: claimed with a lease, ended under the fence of their attempt.
public struct StoredOutbox: Outbox {
  public struct Settings: Sendable {
    public var lease: WholeDuration
    public var lifetime: WholeDuration
    public var giveUpAfter: WholeDuration
    public var keepLive: Int

    public init(
      lease: WholeDuration, lifetime: WholeDuration, giveUpAfter: WholeDuration, keepLive: Int
    ) {
      self.lease = lease
      self.lifetime = lifetime
      self.giveUpAfter = giveUpAfter
      self.keepLive = keepLive
    }
  }

  private let database: Database
  private let settings: Settings
  private let claims: Session
  private let finishes: Batcher<Finish, Bool>

  public init(_ database: Database, settings: Settings) {
    self.database = database
    self.settings = settings
    claims = database.session(
      [Queries.claimMessages, Queries.renewLeases, Queries.nameAccount], name: "pg-claims")
    let session = database.session(
      [Queries.finishMessages, Queries.replaceRequests], name: "pg-finishes")
    finishes = Batcher { batch throws(ResetError) in
      do throws(PostgresError) {
        return try await Self.finish(batch, settings.keepLive, database, session)
      } catch { throw database.faults.report(error, in: "finish") }
    }
  }

  public func claim(atMost limit: Int) async throws(ResetError) -> [ClaimedMessage] {
    try database.requireServable()
    do throws(PostgresError) {
      let rows = try await claims.execute(
        Queries.claimMessages,
        [
          .int4(Int32(clamping: limit)), .seconds(settings.lease), .seconds(settings.lifetime),
          .seconds(settings.giveUpAfter),
        ], within: Database.callLimit)
      if let row = rows.first { database.time.observe(try row.moment("now")) }
      return try rows.map { row throws(PostgresError) in try ClaimedMessage(row) }
    } catch { throw database.faults.report(error, in: "claim") }
  }

  public func finish(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome
  ) async throws(ResetError) -> Bool {
    try await finishes.submit(Finish(message: message, outcome: outcome))
  }

  public func renew(_ messages: [ClaimedMessage]) async throws(ResetError) {
    do throws(PostgresError) {
      try await claims.execute(
        Queries.renewLeases,
        [
          .uuids(messages.map(\.id.bytes)), .int4s(messages.map { Int32(clamping: $0.attempt) }),
          .seconds(settings.lease),
        ], within: Database.callLimit)
    } catch { throw database.faults.report(error, in: "renew") }
  }

  public func name(
    _ account: KeyedHash, sealed: Vault.Sealed, for message: ClaimedMessage
  ) async throws(ResetError) -> Bool {
    do throws(PostgresError) {
      let rows = try await claims.execute(
        Queries.nameAccount,
        [
          .uuid(message.id.bytes), .int4(Int32(clamping: message.attempt)),
          .uuid(message.requestID.bytes), .bytes(account.bytes), .bytes(sealed.bytes),
          .bytes(sealed.kid.bytes),
        ], within: Database.callLimit)
      return !rows.isEmpty
    } catch { throw database.faults.report(error, in: "name account") }
  }
}

/// One attempt's end, waiting for its batch.
private struct Finish: Sendable {
  let message: ClaimedMessage
  let outcome: AttemptOutcome
}

extension StoredOutbox {
  private static func finish(
    _ batch: [Finish], _ keepLive: Int, _ database: Database, _ session: Session
  ) async throws(PostgresError) -> [Bool] {
    let parameters: [Parameter] = [
      .uuids(batch.map { $0.message.id.bytes }),
      .int4s(batch.map { Int32(clamping: $0.message.attempt) }),
      .texts(batch.map { $0.outcome.name }), .int4s(batch.map { $0.outcome.pause }),
      .texts(batch.map { $0.outcome.cause }),
    ]
    let rows = try await session.execute(
      Queries.finishMessages, parameters, within: Database.callLimit)
    var sent: [[UInt8]] = []
    for row in rows where try row.text("outcome") == "sent" {
      sent.append(try row.uuid("request_id"))
    }
    if !sent.isEmpty { await replaceOlder(sent, keepLive, database, session) }
    let held = Set(try rows.map { row throws(PostgresError) in try row.requestID("id") })
    return batch.map { held.contains($0.message.id) }
  }

  /// Apart from the commit that marked the mails as sent: older links are locked here, which consumes
  /// lock in another order, and a failure must not make a sent mail go out again.
  private static func replaceOlder(
    _ sent: [[UInt8]], _ keepLive: Int, _ database: Database, _ session: Session
  ) async {
    let oldest = (try? database.time.oldestAlive()) ?? .lowest(at: Timestamp(microseconds: 0))
    let parameters: [Parameter] = [
      .uuids(sent), .int4(Int32(clamping: keepLive)), .uuid(oldest.bytes),
    ]
    for _ in 0..<3 {
      do throws(PostgresError) {
        try await session.execute(
          Queries.replaceRequests, parameters, within: Database.callLimit)
        return
      } catch { _ = database.faults.report(error, in: "replace") }
    }
  }
}

extension AttemptOutcome {
  fileprivate var name: String {
    switch self {
    case .sent: "sent"
    case .retry: "retry"
    case .dead: "dead"
    case .dropped: "dropped"
    case .released: "released"
    }
  }

  fileprivate var pause: Int32 {
    if case .retry(let after, _) = self { Int32(clamping: after.seconds) } else { 0 }
  }

  fileprivate var cause: String? {
    switch self {
    case .retry(_, let cause), .dead(let cause): cause
    case .dropped(let reason): reason.rawValue
    case .sent, .released: nil
    }
  }
}

extension ClaimedMessage {
  fileprivate init(_ row: Row) throws(PostgresError) {
    guard let kind = MessageKind(rawValue: try row.text("kind")) else { throw Row.unreadable }
    let content: Content =
      switch try row.text("state") {
      case "ready":
        .ready(
          Ready(
            sealed: try row.bytes("sealed"), kid: try row.keyID("kid"),
            caller: try row.text("caller"), createdAt: try row.moment("created_at"),
            expiresAt: try row.moment("expires_at")))
      case "revoked": .revoked
      case "expired": .expired
      default: .orphan
      }
    self.init(
      id: try row.requestID("id"), kind: kind, attempt: try row.int("attempt"),
      requestID: try row.requestID("request_id"), content: content)
  }
}
