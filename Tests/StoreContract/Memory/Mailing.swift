public import PasswordReset

extension MemoryStore: Outbox {
  public func claim(
    atMost limit: Int, from queue: OutboxQueue
  ) async throws(ResetError) -> [ClaimedMessage] {
    try call { state in
      let due = state.messages.values.filter { $0.waits(in: queue) && $0.runAt <= state.now }
      return due.sorted { $0.runAt < $1.runAt }.prefix(max(0, limit)).map {
        state.claim($0, settings)
      }
    }
  }

  @discardableResult
  public func finish(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome, report: EventType?
  ) async throws(ResetError) -> Bool {
    try call { state in
      guard let row = state.held(message) else { return false }
      state.endMessage(message.id, outcome)
      if row.kind == .link { state.endRequest(message.requestID, outcome) }
      if let report { state.tell(report, of: message.requestID, cause: outcome.cause) }
      return true
    }
  }

  public func renew(_ messages: [ClaimedMessage]) async throws(ResetError) -> Set<RequestID> {
    try call { state in
      let held = messages.filter { state.held($0) != nil }.map(\.id)
      for id in held { state.lease(id, settings.lease) }
      return Set(held)
    }
  }

  public func name(
    _ account: KeyedHash, sealed: Vault.Sealed, for message: ClaimedMessage
  ) async throws(ResetError) -> Bool {
    try call { state in
      guard state.held(message) != nil, var request = state.requests[message.requestID],
        state.isOpen(request)
      else { return false }
      request.accountKey = account
      request.sealed = sealed
      guard state.isOpen(request) else { return false }
      state.requests[message.requestID] = request
      return true
    }
  }
}

extension MemoryStore.State {
  /// The message of an attempt that has not ended and that no later one has taken over.
  func held(_ message: ClaimedMessage) -> MemoryMessage? {
    guard let row = messages[message.id], row.attempt == message.attempt, row.leasedUntil != nil
    else { return nil }
    return row
  }

  fileprivate mutating func lease(_ id: RequestID, _ lease: WholeDuration) {
    let end = now.advanced(bySeconds: lease.seconds)
    messages[id]?.leasedUntil = end
    messages[id]?.runAt = end
  }

  fileprivate mutating func claim(
    _ message: MemoryMessage, _ settings: StoreSettings
  ) -> ClaimedMessage {
    // A lease that nobody has ended was lost, and its mail may have arrived.
    if message.leasedUntil != nil {
      messages[message.id]?.lost += 1
      if message.kind == .link { noteArrival(message.requestID) }
    }
    messages[message.id]?.attempt += 1
    lease(message.id, settings.lease)
    let row = messages[message.id] ?? message
    let request = row.countsFromRequest ? requests[row.requestID] : nil
    return ClaimedMessage(
      id: row.id, kind: row.kind, attempt: row.attempt, failures: row.failures, lost: row.lost,
      requestID: row.requestID, queuedAt: request?.createdAt ?? row.queuedAt, claimedAt: now,
      content: content(of: row, settings))
  }

  private mutating func content(
    of message: MemoryMessage, _ settings: StoreSettings
  ) -> ClaimedMessage.Content {
    guard let request = requests[message.requestID] else { return .orphan }
    if message.countsFromRequest, !isOpen(request) { return .revoked }
    let since = message.countsFromRequest ? request.createdAt : message.queuedAt
    let limit = settings.giveUpAfter.limit(for: message.kind)
    guard since > now.advanced(bySeconds: -limit.seconds) else {
      return .expired(caller: request.caller)
    }
    if message.kind == .link, request.maybeArrivedAt != nil {
      if request.expiresAt <= now { return .expired(caller: request.caller) }
    } else if message.kind == .link {
      // So that the mailed link is alive when it arrives.
      requests[request.id]?.expiresAt = max(
        request.expiresAt, now.advanced(bySeconds: settings.lifetime.seconds))
    }
    return .ready(
      ClaimedMessage.Ready(
        sealed: request.sealed.bytes, kid: request.sealed.kid, caller: request.caller,
        isSuppressed: isSuppressed(request.addressKey), event: message.event,
        cause: message.cause))
  }
}

extension MemoryStore.State {
  fileprivate mutating func endMessage(_ id: RequestID, _ outcome: AttemptOutcome) {
    messages[id]?.leasedUntil = nil
    switch outcome {
    case .sent, .dropped: messages[id] = nil
    case .retry(let pause, _), .uncertain(let pause, _):
      messages[id]?.failures += 1
      messages[id]?.runAt = now.advanced(bySeconds: pause.seconds)
    case .released(let pause): messages[id]?.runAt = now.advanced(bySeconds: pause.seconds)
    case .dead: messages[id]?.deadAt = now
    }
  }

  fileprivate mutating func noteArrival(_ id: RequestID) {
    if requests[id]?.maybeArrivedAt == nil { requests[id]?.maybeArrivedAt = now }
  }

  fileprivate mutating func endRequest(_ id: RequestID, _ outcome: AttemptOutcome) {
    switch outcome {
    case .sent:
      requests[id]?.sentAt = now
      if let request = requests[id] {
        accounts[request.key, default: MemoryAccount()].note(mailed: request.createdAt)
      }
    case .uncertain: noteArrival(id)
    case .dropped(let reason):
      if requests[id]?.sentAt == nil { requests[id]?.dropped = (now, reason) }
    case .retry, .dead, .released: break
    }
  }
}

extension MemoryAccount {
  fileprivate mutating func note(mailed createdAt: Timestamp) {
    guard !mailed.contains(createdAt) else { return }
    mailed = (mailed + [createdAt]).sorted(by: >)
  }
}

extension AttemptOutcome {
  fileprivate var cause: String? {
    switch self {
    case .retry(_, let cause), .uncertain(_, let cause), .dead(let cause): cause
    case .dropped(let reason): reason.rawValue
    case .sent, .released: nil
    }
  }
}

extension RequestID {
  func precedes(_ other: RequestID) -> Bool { bytes.lexicographicallyPrecedes(other.bytes) }
}
