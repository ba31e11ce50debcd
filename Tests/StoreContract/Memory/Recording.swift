public import PasswordReset

extension MemoryStore: RequestRecorder {
  public func record(_ draft: RequestDraft) async throws(ResetError) -> RecordOutcome {
    try call { state in
      if let known = state.answer(to: draft.idempotency) { return known }
      if let refusal = state.refusal(of: draft) { return refusal }
      state.accept(draft, lifetime: settings.lifetime)
      return .accepted(draft.id)
    }
  }
}

extension MemoryStore.State {
  fileprivate func answer(to idempotency: RequestDraft.Idempotency?) -> RecordOutcome? {
    guard let idempotency, let known = self.idempotency[idempotency.key],
      known.createdAt > now.advanced(bySeconds: -86_400)
    else { return nil }
    return known.bodyHash == idempotency.bodyHash ? .replayed(known.requestID) : .conflict
  }

  /// The address's limit is looked at first.
  fileprivate func refusal(of draft: RequestDraft) -> RecordOutcome? {
    let address = wait(for: draft.limiterKey, draft.limits.address)
    let client = draft.clientKey.flatMap { wait(for: $0, draft.limits.client) }
    guard let wait = [address, client].compactMap({ $0 }).max() else { return nil }
    return .limited(by: address == nil ? .client : .address, retryAfter: wait)
  }

  /// Whole seconds until no limit is broken; nil if none is.
  func wait(for key: KeyedHash, _ limits: RateLimits) -> Int? {
    let stamps = stamps[key] ?? []
    return limits.limits.compactMap { limit in
      guard stamps.count >= limit.count else { return nil }
      let free = stamps[Int(limit.count) - 1].advanced(bySeconds: limit.window.seconds)
      let left = free.microseconds - now.microseconds
      return left > 0 ? Int((left + 999_999) / 1_000_000) : nil
    }.max()
  }

  fileprivate mutating func accept(_ draft: RequestDraft, lifetime: WholeDuration) {
    for key in [draft.limiterKey, draft.clientKey].compactMap({ $0 }) {
      stamps[key, default: []].insert(now, at: 0)
    }
    if let idempotency = draft.idempotency {
      self.idempotency[idempotency.key] = RememberedAnswer(
        bodyHash: idempotency.bodyHash, requestID: draft.id, createdAt: now)
    }
    requests[draft.id] = MemoryRequest(draft, at: now, lifetime: lifetime)
    messages[draft.id] = MemoryMessage(id: draft.id, requestID: draft.id, kind: .link, at: now)
  }
}
