public import PasswordReset

extension MemoryStore: TokenConsumer {
  public func consume(
    _ id: RequestID, key: KeyedHash?,
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
      return .consumed(stored, at: state.now)
    }
  }
}

extension MemoryStore: TokenRevoker {
  public func revoke(_ revocation: Revocation) async throws(ResetError) -> Int {
    try call { state in
      let doomed = state.live(of: revocation)
      for id in doomed { state.requests[id]?.revoked = (state.now, revocation.reason) }
      return doomed.count
    }
  }
}

extension MemoryStore.State {
  fileprivate mutating func consume(
    _ request: MemoryRequest, key: KeyedHash?, _ addressOnly: KeyedHash
  ) {
    for other in requests.values where request.isSibling(of: other, addressOnly) {
      requests[other.id]?.revoked = (now, .siblingConsumed)
    }
    requests[request.id]?.consumed = (now, key)
  }

  /// What a link could still be opened for, or may yet be mailed, of an account, or of an address
  /// and the accounts it asked for.
  fileprivate func live(of revocation: Revocation) -> [RequestID] {
    let own = requests.values.filter { $0.caller == revocation.caller }
    let asked = own.filter { $0.addressKey == revocation.addressKey }
    let accounts = Set([revocation.accountKey] + asked.map(\.accountKey)).subtracting([nil])
    return own.filter { request in
      (accounts.contains(request.accountKey) || request.addressKey == revocation.addressKey)
        && request.isOpen
        && (request.expiresAt > now || isWaiting(request.id))
    }.map(\.id)
  }

  private func isWaiting(_ id: RequestID) -> Bool {
    messages.values.contains { $0.requestID == id && $0.deadAt == nil }
  }
}
