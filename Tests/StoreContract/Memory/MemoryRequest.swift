import PasswordReset

/// A row of `reset_request`.
struct MemoryRequest {
  let id: RequestID
  let caller: String
  let addressKey: KeyedHash
  var accountKey: KeyedHash?
  var sealed: Vault.Sealed
  let createdAt: Timestamp
  var expiresAt: Timestamp
  var maybeArrivedAt: Timestamp?
  var sentAt: Timestamp?
  var consumed: (at: Timestamp, key: KeyedHash?)?
  var dropped: (at: Timestamp, reason: DropReason)?
  var completedAt: Timestamp?

  init(_ draft: RequestDraft, at now: Timestamp, lifetime: WholeDuration) {
    id = draft.id
    caller = draft.caller
    addressKey = draft.addressKey
    accountKey = draft.accountKey
    sealed = draft.sealed
    createdAt = now
    expiresAt = now.advanced(bySeconds: lifetime.seconds)
  }

  var isWithdrawn: Bool {
    dropped.map { $0.reason == .revoked || maybeArrivedAt == nil } ?? false
  }

  /// Of the row that decides over it.
  var key: KeyedHash { accountKey ?? addressKey }
}

/// A row of `account`.
struct MemoryAccount {
  /// Newest first.
  var revocations: [(at: Timestamp, reason: RevokeReason)] = []
  /// When the requests of the mailed links were made, newest first.
  var mailed: [Timestamp] = []

  /// The first that hits a link.
  func revocation(of createdAt: Timestamp) -> (at: Timestamp, reason: RevokeReason)? {
    revocations.last { $0.at >= createdAt }
  }

  /// When the link was asked for that replaced another one.
  func replacement(of createdAt: Timestamp, keepLive: Int) -> Timestamp? {
    let newer = mailed.filter { $0 > createdAt }
    return newer.count >= keepLive ? newer[newer.count - keepLive] : nil
  }
}

extension MemoryStore.State {
  /// Neither consumed nor revoked nor replaced; it may have expired.
  func isOpen(_ request: MemoryRequest) -> Bool {
    let account = accounts[request.key]
    return request.consumed == nil && account?.revocation(of: request.createdAt) == nil
      && account?.replacement(of: request.createdAt, keepLive: keepLive) == nil
  }

  func stored(_ request: MemoryRequest) -> StoredRequest {
    let account = accounts[request.key]
    let revocation = account?.revocation(of: request.createdAt)
    return StoredRequest(
      id: request.id, sealed: request.sealed.bytes, kid: request.sealed.kid,
      caller: request.caller, addressKey: request.addressKey, accountKey: request.accountKey,
      createdAt: request.createdAt, sentAt: request.sentAt, expiresAt: request.expiresAt,
      consumedAt: request.consumed?.at, consumerKey: request.consumed?.key,
      revokedAt: revocation?.at, revokeReason: revocation?.reason,
      replacedAt: account?.replacement(of: request.createdAt, keepLive: keepLive),
      droppedAt: request.dropped?.at, isWithdrawn: request.isWithdrawn, readAt: now)
  }
}

/// A row of `idempotency`.
struct RememberedAnswer {
  let bodyHash: KeyedHash
  let requestID: RequestID
  let createdAt: Timestamp
}
