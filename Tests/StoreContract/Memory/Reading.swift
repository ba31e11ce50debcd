public import PasswordReset

extension MemoryStore: RequestReader {
  public func find(_ id: RequestID) async throws(ResetError) -> StoredRequest? {
    try call { state in state.requests[id]?.stored(at: state.now) }
  }

  public func describe(
    _ id: RequestID, for caller: String
  ) async throws(ResetError) -> RequestDescription? {
    try call { state in
      guard let request = state.requests[id], request.caller == caller else { return nil }
      let message = state.messages.values.first { $0.requestID == id && $0.kind == .link }
      return RequestDescription(request, message, at: state.now)
    }
  }
}

extension RequestDescription {
  fileprivate init(_ request: MemoryRequest, _ message: MemoryMessage?, at now: Timestamp) {
    let state = request.state(with: message, at: now)
    let reason: String? =
      switch state {
      case .dropped: (request.dropped?.reason ?? .revoked).rawValue
      case .revoked: request.revoked?.reason.rawValue
      default: nil
      }
    self.init(
      id: request.id, state: state, reason: reason, createdAt: request.createdAt,
      sentAt: request.sentAt, expiresAt: request.expiresAt, consumedAt: request.consumed?.at,
      revokedAt: request.revoked?.at, failedAt: message?.deadAt, droppedAt: request.dropped?.at)
  }
}

extension MemoryRequest {
  /// What ended the token stands before what ended the message.
  fileprivate func state(
    with message: MemoryMessage?, at now: Timestamp
  ) -> RequestDescription.State {
    if consumed != nil { return .consumed }
    if revoked != nil { return sentAt == nil ? .dropped : .revoked }
    if let dropped { return dropped.reason == .expired ? .expired : .dropped }
    guard let message else { return expiresAt > now ? .sent : .expired }
    if message.deadAt != nil { return .failed }
    return message.leasedUntil.map { $0 > now } ?? false ? .sending : .accepted
  }
}
