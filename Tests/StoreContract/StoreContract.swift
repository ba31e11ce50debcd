import Cryptography
public import PasswordReset
import Testing

/// What every store keeps to, whatever it is made of. Each rule begins with an empty store whose
/// clock stands still and moves only by `moveTime`.
public struct StoreContract: Sendable {
  /// One rule, named as a sentence.
  public struct Rule: Sendable, CustomStringConvertible {
    public let description: String
    public let check: @Sendable (StoreContract) async throws -> Void

    init(
      _ description: String, _ check: @escaping @Sendable (StoreContract) async throws -> Void
    ) {
      self.description = description
      self.check = check
    }
  }

  public static let rules =
    acceptanceRules + limitRules + clientLimitRules + idempotencyRules + consumeRules
    + siblingRules + revocationRules + descriptionRules + claimRules + leaseRules + finishRules
    + accountRules + namingRules + replacementRules + causeRules + queueRules + attemptRules
    + arrivalRules + giveUpRules + expiryRules
    + noAccountRules + eventRules + completionRules + suppressionRules + reportRules + raceRules

  public let store: Store
  public let vault: Vault
  let settings = StoreSettings()
  let moveTime: @Sendable (Duration) async throws -> Void

  /// - Parameter vault: one of its own unless several stores are to understand each other.
  public init(
    _ store: Store, vault: Vault? = nil,
    moveTime: @escaping @Sendable (Duration) async throws -> Void
  ) throws {
    self.store = store
    self.moveTime = moveTime
    self.vault = try vault ?? TestVault.make()
  }
}

extension Duration {
  /// What a boundary is tried on both sides with: the clock's grain.
  static let grain = Duration.microseconds(1)
}

extension StoreContract {
  /// Takes the ways of production: the domain's use cases over the store.
  public func record(_ ask: Ask) async throws -> RecordOutcome {
    let request = RequestReset(recorder: store.recorder, vault: vault, clock: store.clock) {
      () throws(ResetError) in
      do { return try SecureRandom.bytes(20) } catch { throw .cryptography }
    }
    let details = RequestDetails(
      email: try TestVault.address(ask.email), claim: ask.claim, locale: ask.locale, data: nil)
    let client = try ask.client.map { try #require(ClientAddress($0)) }
    let key = try ask.key.map { try #require(IdempotencyKey($0)) }
    return try await request(
      details, client: client, from: try ask.asCaller(),
      repeatable: key.map { ($0, Array(ask.body.utf8)) })
  }

  public func accept(_ ask: Ask = Ask()) async throws -> RequestID {
    let outcome = try await record(ask)
    guard case .accepted(let id) = outcome else {
      throw BrokenRule(description: "not accepted but \(outcome)")
    }
    return id
  }

  /// Accepted, claimed and sent.
  public func mail(_ ask: Ask = Ask()) async throws -> RequestID {
    let id = try await accept(ask)
    let message = try await claim(id)
    #expect(try await store.outbox.finish(message, .sent))
    return id
  }

  /// Claims whatever is due in a queue and returns the message of one request.
  func claim(
    _ id: RequestID, _ kind: MessageKind = .link, from queue: OutboxQueue = .mail
  ) async throws -> ClaimedMessage {
    let claimed = try await store.outbox.claim(atMost: 64, from: queue)
    return try #require(
      claimed.first { $0.requestID == id && $0.kind == kind }, "the message was not due")
  }

  /// The requests of what is due, in all queues unless one is named.
  func claimable(from queues: OutboxQueue...) async throws -> [RequestID] {
    var ids: [RequestID] = []
    for queue in queues.isEmpty ? OutboxQueue.allCases : queues {
      ids += try await store.outbox.claim(atMost: 64, from: queue).map(\.requestID)
    }
    return ids
  }

  /// The events that have been queued since they were asked for last.
  func events() async throws -> [ClaimedMessage] {
    try await store.outbox.claim(atMost: 64, from: .events).filter { $0.attempt == 1 }
  }

  /// - Parameter reports: whether the caller wants events.
  public func consume(
    _ id: RequestID, by caller: String = "app", version: String? = nil, key: String? = nil,
    reports: Bool = false
  ) async throws -> ConsumeToken.Answer {
    let verify = VerifyToken(
      reader: store.reader, vault: vault, clock: store.clock,
      retention: WholeDuration(seconds: 30 * 86_400))
    var settings = try Ask().asCaller().settings
    settings.wantsEvents = reports
    let consume = ConsumeToken(
      consumer: store.consumer, vault: vault, verify: verify,
      callers: Reloadable(CallerBook(common: settings, own: [:])))
    return try await consume(
      try vault.mint(.reset, for: id), by: caller, accountVersion: version,
      key: try key.map { try #require(IdempotencyKey($0)) }
    ).answer
  }

  /// A judge who lets every token go on.
  static let letsLive: @Sendable (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement = {
    _ in .live
  }

  public func invalidate(
    _ subject: InvalidateAccount.Subject, for caller: String = "app"
  ) async throws -> Int {
    let invalidate = InvalidateAccount(revoker: store.revoker, vault: vault)
    return try await invalidate(subject, for: caller)
  }

  func find(_ id: RequestID) async throws -> StoredRequest {
    try #require(try await store.reader.find(id), "the request is not there")
  }

  /// Why a token would be refused now; nil while it is live.
  func refusal(_ id: RequestID) async throws -> TokenRefusal? {
    try await find(id).refusal
  }

  func describe(_ id: RequestID) async throws -> RequestDescription {
    try #require(try await store.reader.describe(id, for: "app"), "the request is not there")
  }
}

extension Outbox {
  func claim(atMost limit: Int) async throws(ResetError) -> [ClaimedMessage] {
    try await claim(atMost: limit, from: .mail)
  }

  /// Ends an attempt of which nobody is told.
  func finish(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome
  ) async throws(ResetError) -> Bool {
    try await finish(message, outcome, report: nil)
  }
}

struct BrokenRule: Error, CustomStringConvertible {
  var description = "the answer is of another kind"
}

extension ConsumeToken.Answer {
  public var consumedAt: Timestamp? {
    if case .consumed(_, _, let at) = self { at } else { nil }
  }

  public var refusal: TokenRefusal? {
    if case .refused(let refusal) = self { refusal } else { nil }
  }
}

extension ClaimedMessage {
  var ready: Ready? {
    if case .ready(let ready) = content { ready } else { nil }
  }

  var isRevoked: Bool { if case .revoked = content { true } else { false } }

  var isExpired: Bool { if case .expired = content { true } else { false } }
}

extension TokenRefusal {
  var isRevoked: Bool { if case .revoked = self { true } else { false } }

  var isReplaced: Bool { if case .replaced = self { true } else { false } }
}
