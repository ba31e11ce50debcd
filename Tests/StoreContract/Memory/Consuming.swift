public import PasswordReset

extension MemoryStore: TokenConsumer {
  public func consume(
    _ id: RequestID, key: KeyedHash?, reports: Bool,
    judge: @escaping @Sendable (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement
  ) async throws(ResetError) -> ConsumeOutcome {
    try call { (state) throws(ResetError) in
      guard let request = state.requests[id] else { return .missing }
      let stored = request.stored(at: state.now)
      let addressOnly: KeyedHash
      switch try judge(stored) {
      case .decided(let answer): return .decided(answer)
      case .live(let key): addressOnly = key
      }
      // Whatever the judge believes, a dead token stays dead.
      if let refusal = stored.refusal { return .decided(.refused(refusal)) }
      state.consume(request, key: key, addressOnly)
      if reports { state.tell(.requestConsumed, of: id) }
      return .consumed(stored, at: state.now)
    }
  }
}

extension MemoryStore: TokenRevoker {
  public func revoke(_ revocation: Revocation) async throws(ResetError) -> Int {
    try call { state in
      state.revoke(
        accountKey: revocation.accountKey, addressKey: revocation.addressKey,
        for: revocation.caller, revocation.reason)
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
      _ = state.revoke(
        accountKey: request.accountKey,
        addressKey: request.accountKey == nil ? request.addressKey : nil, for: caller, .completed)
      state.queue(.changed, for: id)
      if reports { state.tell(.requestCompleted, of: id) }
      return true
    }
  }
}

extension MemoryStore.State {
  fileprivate mutating func consume(
    _ request: MemoryRequest, key: KeyedHash?, _ addressOnly: KeyedHash
  ) {
    for other in requests.values
    where request.isSibling(of: other, addressOnly) && mayBeOpened(other) {
      requests[other.id]?.revoked = (now, .siblingConsumed)
    }
    requests[request.id]?.consumed = (now, key)
  }

  /// Kills what a link could still be opened for, or may yet be mailed, of an account, or of an
  /// address and the accounts it asked for. Returns how many died.
  fileprivate mutating func revoke(
    accountKey: KeyedHash?, addressKey: KeyedHash?, for caller: String, _ reason: RevokeReason
  ) -> Int {
    let own = requests.values.filter { $0.caller == caller }
    let asked = own.filter { $0.addressKey == addressKey }
    let accounts = Set([accountKey] + asked.map(\.accountKey)).subtracting([nil])
    let doomed = own.filter { request in
      (accounts.contains(request.accountKey) || request.addressKey == addressKey)
        && request.isOpen && mayBeOpened(request)
    }
    for request in doomed { requests[request.id]?.revoked = (now, reason) }
    return doomed.count
  }

  /// A message that waits, or a dead letter that is brought back, would make its link live again.
  private func mayBeOpened(_ request: MemoryRequest) -> Bool {
    request.expiresAt > now
      || messages.values.contains { $0.requestID == request.id && $0.kind == .link }
  }
}
