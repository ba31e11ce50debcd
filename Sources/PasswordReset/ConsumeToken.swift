/// Uses a token up: exactly one call ever succeeds, and every other link of the account dies with it.
public struct ConsumeToken: Sendable {
  private let consumer: any TokenConsumer
  private let vault: Vault
  private let verify: VerifyToken
  private let callers: Reloadable<CallerBook>

  public init(
    consumer: any TokenConsumer, vault: Vault, verify: VerifyToken, callers: Reloadable<CallerBook>
  ) {
    self.consumer = consumer
    self.vault = vault
    self.verify = verify
    self.callers = callers
  }

  public enum Answer: Sendable {
    case consumed(RequestID, RequestDetails, at: Timestamp)
    case refused(TokenRefusal)
    /// The account has changed since; the token is left unused.
    case accountChanged
  }

  /// What is said of a locked request.
  public enum Judgement: Sendable {
    case decided(Answer)
    /// Consume it.
    case live
  }

  /// - Parameters:
  ///   - accountVersion: what the main app has now; nil compares nothing.
  ///   - key: makes a lost answer repeatable for as long as the request is kept.
  /// - Returns: the answer, and for the log the request of a token that was made here, whosesoever.
  public func callAsFunction(
    _ text: String, by caller: String, accountVersion: String?, key: IdempotencyKey?
  ) async throws(ResetError) -> (answer: Answer, requestID: RequestID?) {
    guard let token = try vault.authenticate(text) else { return (.refused(.invalid), nil) }
    let answer = try await consume(
      token.requestID, by: caller, accountVersion: accountVersion, key: key)
    return (answer, token.requestID)
  }

  private func consume(
    _ id: RequestID, by caller: String, accountVersion: String?, key: IdempotencyKey?
  ) async throws(ResetError) -> Answer {
    let consumerKey = try key.map { key throws(ResetError) in
      try vault.consumerKey(key, caller: caller)
    }
    let outcome = try await consumer.consume(
      id, key: consumerKey, reports: callers.value[caller].settings.wantsEvents
    ) {
      [vault] request throws(ResetError) in
      try Self.judge(
        request, by: caller, key: consumerKey, accountVersion: accountVersion, vault: vault)
    }
    switch outcome {
    case .missing: return .refused(try verify.refusalWithoutRow(id))
    case .decided(let answer): return answer
    case .consumed(let request, let at):
      return .consumed(request.id, try vault.open(request), at: at)
    }
  }

  private static func judge(
    _ request: StoredRequest, by caller: String, key: KeyedHash?, accountVersion: String?,
    vault: Vault
  ) throws(ResetError) -> Judgement {
    guard request.caller == caller else { return .decided(.refused(.invalid)) }
    if let consumedAt = request.consumedAt, let key, request.consumerKey == key {
      return .decided(.consumed(request.id, try vault.open(request), at: consumedAt))
    }
    if let refusal = request.refusal { return .decided(.refused(refusal)) }
    let details = try vault.open(request)
    if let accountVersion, let account = details.account,
      !(account.version ?? "").utf8.elementsEqual(accountVersion.utf8)
    {
      return .decided(.accountChanged)
    }
    return .live
  }
}

public enum ConsumeOutcome: Sendable {
  case missing
  /// The judge decided against consuming.
  case decided(ConsumeToken.Answer)
  case consumed(StoredRequest, at: Timestamp)
}

public protocol TokenConsumer: Sendable {
  /// Locks what decides over the request and then the request, asks the judge, and where it lets the
  /// token go on consumes it and revokes its siblings: every link that its account has asked for until
  /// then, and those of its address that name no account; where the token itself names none, also
  /// those of the accounts that its address has asked for. All in one transaction that is durable when
  /// this returns.
  /// - Parameter reports: whether the consume queues an event.
  func consume(
    _ id: RequestID, key: KeyedHash?, reports: Bool,
    judge: @escaping @Sendable (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement
  ) async throws(ResetError) -> ConsumeOutcome
}
