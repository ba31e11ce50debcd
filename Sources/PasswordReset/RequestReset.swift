/// Somebody typed an address: take it down, within the limits, and answer. Nothing here depends on
/// whether the address belongs to anyone.
public struct RequestReset: Sendable {
  private let recorder: any RequestRecorder
  private let vault: Vault
  private let clock: any DatabaseClock
  private let random: @Sendable () throws(ResetError) -> [UInt8]

  /// - Parameter random: at least 10 unpredictable bytes a call.
  public init(
    recorder: any RequestRecorder, vault: Vault, clock: any DatabaseClock,
    random: @escaping @Sendable () throws(ResetError) -> [UInt8]
  ) {
    self.recorder = recorder
    self.vault = vault
    self.clock = clock
    self.random = random
  }

  /// - Parameter repeatable: the Idempotency-Key with the body it came with.
  public func callAsFunction(
    _ details: RequestDetails, client: ClientAddress?, from caller: Caller,
    repeatable: (key: IdempotencyKey, body: [UInt8])? = nil
  ) async throws(ResetError) -> RecordOutcome {
    let (random, now) = (try random(), try clock.now())
    guard let id = RequestID(at: now, random: random) else { throw .cryptography }
    let sealed = try vault.seal(details, for: id)
    return try await recorder.record(
      RequestDraft(
        id: id, caller: caller.name, sealed: sealed,
        addressKey: try vault.addressKey(details.email, caller: caller.name),
        accountKey: try accountKey(details, caller),
        limiterKey: try vault.limiterKey(details.email, caller: caller.name),
        clientKey: try client.map { client throws(ResetError) in
          try vault.limiterKey(client, caller: caller.name)
        },
        idempotency: try repeatable.map { repeatable throws(ResetError) in
          RequestDraft.Idempotency(
            key: try vault.idempotencyKey(repeatable.key, caller: caller.name),
            bodyHash: try vault.bodyHash(repeatable.body))
        },
        limits: RequestDraft.Limits(
          address: caller.settings.addressLimits, client: caller.settings.clientLimits)))
  }

  /// Known at once where the caller named the account; else the worker writes it down when a directory
  /// has answered, and without one the token names only the address.
  private func accountKey(
    _ details: RequestDetails, _ caller: Caller
  ) throws(ResetError) -> KeyedHash? {
    guard case .known(let account) = details.claim else { return nil }
    return try vault.accountKey(id: account.id, caller: caller.name)
  }
}

/// One accepted call on its way into the store.
public struct RequestDraft: Sendable {
  public let id: RequestID
  public let caller: String
  public let sealed: Vault.Sealed
  public let addressKey: KeyedHash
  public let accountKey: KeyedHash?
  public let limiterKey: KeyedHash
  public let clientKey: KeyedHash?
  public let idempotency: Idempotency?
  public let limits: Limits

  public struct Idempotency: Sendable {
    public let key: KeyedHash
    public let bodyHash: KeyedHash
  }

  public struct Limits: Sendable, Hashable {
    public let address: RateLimits
    public let client: RateLimits
  }
}

/// What became of a draft.
public enum RecordOutcome: Sendable, Equatable {
  case accepted(RequestID)
  /// The same Idempotency-Key and body were accepted before, as this request.
  case replayed(RequestID)
  /// The Idempotency-Key was used with another body.
  case conflict
  /// A limit is exhausted; it has room again after so many seconds (at least 1).
  case limited(by: LimitKind, retryAfter: Int)
}

public enum LimitKind: String, Sendable {
  case address, client
}

/// Writes requests down, within the limits, together with their messages.
public protocol RequestRecorder: Sendable {
  /// Durable when it returns.
  func record(_ draft: RequestDraft) async throws(ResetError) -> RecordOutcome
}
