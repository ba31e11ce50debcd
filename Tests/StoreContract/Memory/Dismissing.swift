public import PasswordReset

/// Messages that turn into another or end without an attempt.
extension MemoryStore {
  public func sayNoAccount(
    _ message: ClaimedMessage, limiterKey: KeyedHash, limits: RateLimits
  ) async throws(ResetError) -> Bool {
    try call { state in
      guard state.held(message)?.kind == .link, state.wait(for: limiterKey, limits) == nil else {
        return false
      }
      state.stamps[limiterKey, default: []].insert(state.now, at: 0)
      state.messages[message.id]?.kind = .noAccount
      state.messages[message.id]?.leasedUntil = nil
      state.messages[message.id]?.runAt = state.now
      if state.requests[message.requestID]?.sentAt == nil {
        state.requests[message.requestID]?.dropped = (state.now, .noAccount)
      }
      return true
    }
  }

  public func expire(
    atMost limit: Int, reports: EventSubscribers
  ) async throws(ResetError) -> Int {
    try call { state in
      let oldest = state.messages.values.filter { message in
        message.countsFromRequest && message.deadAt == nil
          && message.leasedUntil.map { $0 <= state.now } ?? true
      }.sorted { $0.id.precedes($1.id) }.prefix(max(0, limit))
      let born = state.now.advanced(bySeconds: -settings.giveUpAfter.link.seconds)
      let over = oldest.filter { message in
        state.requests[message.requestID].map { request in
          request.createdAt <= born
            || message.kind == .link && request.maybeArrivedAt != nil
              && request.expiresAt <= state.now
        } ?? false
      }
      for message in over { state.expire(message, reports) }
      return over.count
    }
  }
}

extension MemoryStore.State {
  fileprivate mutating func expire(_ message: MemoryMessage, _ reports: EventSubscribers) {
    messages[message.id] = nil
    guard let request = requests[message.requestID] else { return }
    if message.kind == .link, request.sentAt == nil, request.dropped == nil {
      let reason: DropReason = isOpen(request) ? .expired : .revoked
      requests[request.id]?.dropped = (now, reason)
    }
    guard isOpen(request), reports.contains(request.caller) else { return }
    tell(.deliveryFailed, of: request.id, cause: DropReason.expired.rawValue)
  }
}
