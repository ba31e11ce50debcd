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
  var sentAt: Timestamp?
  var consumed: (at: Timestamp, key: KeyedHash?)?
  var revoked: (at: Timestamp, reason: RevokeReason)?
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

  /// Neither consumed nor revoked; it may have expired.
  var isOpen: Bool { consumed == nil && revoked == nil }

  func stored(at now: Timestamp) -> StoredRequest {
    StoredRequest(
      id: id, sealed: sealed.bytes, kid: sealed.kid, caller: caller, createdAt: createdAt,
      sentAt: sentAt, expiresAt: expiresAt, consumedAt: consumed?.at, consumerKey: consumed?.key,
      revokedAt: revoked?.at, revokeReason: revoked?.reason, droppedAt: dropped?.at, readAt: now)
  }

  /// Whether consuming this one kills `other`: the same account, or the same address where one of
  /// them names nothing else.
  func isSibling(of other: MemoryRequest, _ addressOnly: KeyedHash) -> Bool {
    guard other.id != id, other.caller == caller, other.isOpen else { return false }
    if let accountKey, other.accountKey == accountKey { return true }
    let keys = [accountKey, other.accountKey]
    return other.addressKey == addressKey && (keys.contains(nil) || keys.contains(addressOnly))
  }
}

/// A row of `idempotency`.
struct RememberedAnswer {
  let bodyHash: KeyedHash
  let requestID: RequestID
  let createdAt: Timestamp
}
