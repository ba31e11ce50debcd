public import PasswordReset

extension MemoryStore: Outbox {
  public func claim(atMost limit: Int) async throws(ResetError) -> [ClaimedMessage] {
    try call { state in
      let due = state.messages.values.filter { $0.deadAt == nil && $0.runAt <= state.now }
      return due.sorted { $0.runAt < $1.runAt }.prefix(max(0, limit)).map {
        state.claim($0, settings)
      }
    }
  }

  @discardableResult
  public func finish(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome
  ) async throws(ResetError) -> Bool {
    try call { state in
      guard state.isHeld(message) else { return false }
      state.endMessage(message.id, outcome)
      state.endRequest(message.requestID, outcome)
      if outcome == .sent {
        state.replaceOlder(than: message.requestID, keeping: settings.keepLive)
      }
      return true
    }
  }

  public func renew(_ messages: [ClaimedMessage]) async throws(ResetError) {
    try call { state in
      for message in messages where state.isHeld(message) {
        guard state.messages[message.id]?.leasedUntil != nil else { continue }
        state.lease(message.id, settings.lease)
      }
    }
  }

  public func name(
    _ account: KeyedHash, sealed: Vault.Sealed, for message: ClaimedMessage
  ) async throws(ResetError) -> Bool {
    try call { state in
      guard state.isHeld(message), state.requests[message.requestID]?.isOpen ?? false else {
        return false
      }
      state.requests[message.requestID]?.accountKey = account
      state.requests[message.requestID]?.sealed = sealed
      return true
    }
  }
}

extension MemoryStore.State {
  /// No later attempt has begun and none has ended it.
  fileprivate func isHeld(_ message: ClaimedMessage) -> Bool {
    guard let row = messages[message.id] else { return false }
    return row.attempt == message.attempt && row.deadAt == nil
  }

  fileprivate mutating func lease(_ id: RequestID, _ lease: WholeDuration) {
    let end = now.advanced(bySeconds: lease.seconds)
    messages[id]?.leasedUntil = end
    messages[id]?.runAt = end
  }

  fileprivate mutating func claim(
    _ message: MemoryMessage, _ settings: StoreSettings
  ) -> ClaimedMessage {
    lease(message.id, settings.lease)
    messages[message.id]?.attempt += 1
    return ClaimedMessage(
      id: message.id, kind: message.kind, attempt: message.attempt + 1,
      requestID: message.requestID, content: content(of: message.requestID, settings))
  }

  /// The expiry moves, so that the mailed link is alive when it arrives.
  private mutating func content(
    of id: RequestID, _ settings: StoreSettings
  ) -> ClaimedMessage.Content {
    guard let request = requests[id] else { return .orphan }
    guard request.isOpen else { return .revoked }
    guard request.createdAt > now.advanced(bySeconds: -settings.giveUpAfter.seconds) else {
      return .expired
    }
    let expiry = max(request.expiresAt, now.advanced(bySeconds: settings.lifetime.seconds))
    requests[id]?.expiresAt = expiry
    return .ready(
      ClaimedMessage.Ready(
        sealed: request.sealed.bytes, kid: request.sealed.kid, caller: request.caller,
        createdAt: request.createdAt, expiresAt: expiry))
  }
}

extension MemoryStore.State {
  fileprivate mutating func endMessage(_ id: RequestID, _ outcome: AttemptOutcome) {
    switch outcome {
    case .sent, .dropped: messages[id] = nil
    case .retry(let pause, _): messages[id]?.runAt = now.advanced(bySeconds: pause.seconds)
    case .dead: messages[id]?.deadAt = now
    case .released: messages[id]?.runAt = now
    }
    messages[id]?.leasedUntil = nil
  }

  fileprivate mutating func endRequest(_ id: RequestID, _ outcome: AttemptOutcome) {
    switch outcome {
    case .sent:
      requests[id]?.sentAt = now
    case .dropped(let reason):
      if requests[id]?.sentAt == nil { requests[id]?.dropped = (now, reason) }
    case .retry, .dead, .released: break
    }
  }

  fileprivate mutating func replaceOlder(than id: RequestID, keeping count: Int) {
    guard let sent = requests[id], let account = sent.accountKey else { return }
    let live = requests.values.filter { other in
      other.caller == sent.caller && other.accountKey == account && other.isOpen
        && other.sentAt != nil && other.expiresAt > now
    }
    let newestFirst = live.sorted { $1.id.bytes.lexicographicallyPrecedes($0.id.bytes) }
    for old in newestFirst.dropFirst(count) { requests[old.id]?.revoked = (now, .replaced) }
  }
}
