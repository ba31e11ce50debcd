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
    + accountRules + replacementRules + raceRules

  public let store: Store
  public let vault: Vault
  let settings = StoreSettings()
  let moveTime: @Sendable (Duration) async throws -> Void

  public init(
    _ store: Store, moveTime: @escaping @Sendable (Duration) async throws -> Void
  ) throws {
    self.store = store
    self.moveTime = moveTime
    vault = try TestVault.make()
  }
}

extension Duration {
  /// What a boundary is tried on both sides with: the clock's grain.
  static let grain = Duration.microseconds(1)
}

/// What somebody asks for; the defaults are a call of the main app that names no account.
public struct Ask: Sendable {
  public var email = "ada@example.com"
  public var claim = AccountClaim.unasked
  public var caller = "app"
  public var directory = DirectoryMode.none
  public var client: String?
  public var key: String?
  public var body = "{}"
  public var addressLimits = "3/15m 5/1h 10/1d"
  public var clientLimits = "20/1h"

  public init(_ email: String = "ada@example.com") { self.email = email }

  /// The main app has looked the account up.
  public init(_ email: String = "ada@example.com", account: String, version: String? = nil) throws {
    self.email = email
    let address = try TestVault.address("stored-\(account)@example.com")
    claim = .known(
      try #require(Account(id: account, email: address, locale: nil, version: version)))
  }

  public func with<Value>(_ path: WritableKeyPath<Ask, Value>, _ value: Value) -> Ask {
    var changed = self
    changed[keyPath: path] = value
    return changed
  }

  func asCaller() throws -> Caller {
    let from = try #require(
      Mailbox("App <no-reply@example.com>", policy: .init(smtpUTF8: false, domains: ASCIIDomains()))
    )
    return Caller(
      name: caller,
      settings: CallerSettings(
        continueURL: try #require(ContinueURL("https://app.example.com/new?token={token}")),
        addressLimits: try #require(RateLimits(addressLimits)),
        clientLimits: try #require(RateLimits(clientLimits)), directory: directory,
        mailFrom: from, brand: "App"))
  }
}

extension StoreContract {
  /// Takes the ways of production: the domain's use cases over the store.
  public func record(_ ask: Ask) async throws -> RecordOutcome {
    let request = RequestReset(recorder: store.recorder, vault: vault, clock: store.clock) {
      () throws(ResetError) in
      do { return try SecureRandom.bytes(20) } catch { throw .cryptography }
    }
    let details = RequestDetails(
      email: try TestVault.address(ask.email), claim: ask.claim, locale: nil, data: nil)
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

  /// Claims whatever is due and returns the message of one request.
  func claim(_ id: RequestID) async throws -> ClaimedMessage {
    let claimed = try await store.outbox.claim(atMost: 64)
    return try #require(claimed.first { $0.requestID == id }, "the message was not due")
  }

  func claimable() async throws -> [RequestID] {
    try await store.outbox.claim(atMost: 64).map(\.requestID)
  }

  public func consume(
    _ id: RequestID, by caller: String = "app", version: String? = nil, key: String? = nil
  ) async throws -> ConsumeToken.Answer {
    let verify = VerifyToken(
      reader: store.reader, vault: vault, clock: store.clock,
      retention: WholeDuration(seconds: 30 * 86_400))
    let consume = ConsumeToken(consumer: store.consumer, vault: vault, verify: verify)
    return try await consume(
      try vault.mint(.reset, for: id), by: caller, accountVersion: version,
      key: try key.map { try #require(IdempotencyKey($0)) })
  }

  /// A judge who lets every token go on.
  func letsLive() throws -> @Sendable (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement {
    let key = try vault.accountKey(id: "nobody", caller: "app")
    return { _ in .live(addressOnly: key) }
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
