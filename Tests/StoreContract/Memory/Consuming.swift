public import PasswordReset

extension MemoryStore: TokenConsumer {
  public func consume(
    _ id: RequestID, key: KeyedHash?, reports: Bool,
    judge: @escaping @Sendable (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement
  ) async throws(ResetError) -> ConsumeOutcome {
    try call { (state) throws(ResetError) in
      guard let request = state.requests[id] else { return .missing }
      let stored = state.stored(request)
      if case .decided(let answer) = try judge(stored) { return .decided(answer) }
      // Whatever the judge believes, a dead token stays dead.
      guard stored.revokedAt == nil, !stored.isWithdrawn, request.consumed == nil,
        request.expiresAt > state.now
      else {
        return .decided(.refused(.expired))
      }
      state.requests[id]?.consumed = (state.now, key)
      state.revokeSiblings(of: request, .siblingConsumed)
      if reports { state.tell(.requestConsumed, of: id) }
      return .consumed(stored, at: state.now)
    }
  }
}

extension MemoryStore: TokenRevoker {
  public func revoke(_ revocation: Revocation) async throws(ResetError) -> Int {
    try call { state in
      var keys: Set = [revocation.key]
      if case .address(let key) = revocation { keys.formUnion(state.accounts(askedForBy: key)) }
      let count = state.requests.values.count { request in
        (keys.contains(request.key) || revocation.key == request.addressKey)
          && state.mayBeOpened(request)
      }
      for key in keys { state.revoke(key, .invalidated) }
      return count
    }
  }
}

extension MemoryStore: RequestCompleter {
  public func complete(
    _ id: RequestID, for caller: String, reports: Bool
  ) async throws(ResetError) -> Bool {
    try call { state in
      guard let request = state.requests[id], request.caller == caller else { return false }
      guard request.completedAt == nil else { return true }
      state.requests[id]?.completedAt = state.now
      state.revokeSiblings(of: request, .completed)
      state.queue(.changed, for: id)
      if reports { state.tell(.requestCompleted, of: id) }
      return true
    }
  }
}

extension MemoryStore.State {
  /// The account's links and those of the address that name no account; where the request names none
  /// itself, also those of the accounts that the address has asked for.
  fileprivate mutating func revokeSiblings(of request: MemoryRequest, _ reason: RevokeReason) {
    let accounts = request.accountKey.map { [$0] } ?? accounts(askedForBy: request.addressKey)
    for key in [request.addressKey] + accounts { revoke(key, reason) }
  }

  fileprivate func accounts(askedForBy address: KeyedHash) -> [KeyedHash] {
    Set(requests.values.filter { $0.addressKey == address }.compactMap(\.accountKey)).sorted()
  }

  fileprivate mutating func revoke(_ key: KeyedHash, _ reason: RevokeReason) {
    accounts[key, default: MemoryAccount()].revocations.insert((now, reason), at: 0)
  }

  /// Whether a link works, or its message could still make it work.
  fileprivate func mayBeOpened(_ request: MemoryRequest) -> Bool {
    guard request.dropped == nil, isOpen(request) else { return false }
    return request.expiresAt > now
      || request.maybeArrivedAt == nil && messages[request.id]?.kind == .link
  }
}
