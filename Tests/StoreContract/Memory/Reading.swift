public import PasswordReset

extension MemoryStore: RequestReader {
  public func find(_ id: RequestID) async throws(ResetError) -> StoredRequest? {
    try call { state in state.requests[id].map { state.stored($0) } }
  }

  public func describe(
    _ id: RequestID, for caller: String
  ) async throws(ResetError) -> RequestDescription? {
    try call { state in
      guard let request = state.requests[id], request.caller == caller else { return nil }
      let message = state.messages.values.first { $0.requestID == id && $0.kind == .link }
      // What became of the message is told by itself.
      var unended = request
      unended.dropped = nil
      return RequestDescription(request, state.stored(unended), message)
    }
  }
}

extension RequestDescription {
  fileprivate init(_ request: MemoryRequest, _ stored: StoredRequest, _ message: MemoryMessage?) {
    let died: (at: Timestamp, reason: String)? =
      switch stored.refusal {
      case .revoked(let at, let reason): (at, reason.rawValue)
      case .replaced(let at): (at, "replaced")
      default: nil
      }
    let state = request.state(with: message, at: stored.readAt, hasDied: died != nil)
    let reason: String? =
      switch state {
      case .dropped: (request.dropped?.reason ?? .revoked).rawValue
      case .revoked: died?.reason
      default: nil
      }
    self.init(
      id: request.id, state: state, reason: reason, createdAt: request.createdAt,
      sentAt: request.sentAt, expiresAt: request.expiresAt, consumedAt: request.consumed?.at,
      revokedAt: died?.at, failedAt: message?.deadAt, droppedAt: request.dropped?.at)
  }
}

extension MemoryRequest {
  /// What ended the token stands before what ended the message.
  fileprivate func state(
    with message: MemoryMessage?, at now: Timestamp, hasDied: Bool
  ) -> RequestDescription.State {
    if consumed != nil { return .consumed }
    if hasDied { return sentAt == nil ? .dropped : .revoked }
    if let dropped { return dropped.reason == .expired ? .expired : .dropped }
    let hasExpired = expiresAt <= now
    guard let message else { return hasExpired ? .expired : .sent }
    if message.deadAt != nil { return .failed }
    if maybeArrivedAt != nil, hasExpired { return .expired }
    return message.leasedUntil.map { $0 > now } ?? false ? .sending : .accepted
  }
}
