import PasswordReset

/// An outbox that hands out what it is given and writes down what is done with it.
final class ScriptedOutbox: Outbox {
  struct Claim: Sendable, Equatable {
    let queue: OutboxQueue
    let limit: Int
  }

  struct Finish: Sendable, Equatable {
    let message: RequestID
    let outcome: AttemptOutcome
    let report: EventType?
  }

  struct Naming: Sendable {
    let account: KeyedHash
    let sealed: Vault.Sealed
    let request: RequestID
  }

  struct State: Sendable {
    var waiting: [OutboxQueue: [ClaimedMessage]] = [:]
    var claims: [Claim] = []
    /// Claims that have been answered.
    var answered = 0
    var finishes: [Finish] = []
    var namings: [Naming] = []
    var noAccounts: [KeyedHash] = []
    var renewals: [[RequestID]] = []
    var expiries = 0
    var inHand = 0
    var mostInHand = 0
    /// Faults of the next calls.
    var claimFaults: [ResetError] = []
    var finishFaults: [ResetError] = []
    var renewFault: ResetError?
    var namingFault: ResetError?
    var noAccountFault: ResetError?
    var isLeaseLost = false
    var turnsIntoNoAccount = false
    /// How many messages the next looks end; an error where there is none.
    var expired: [Int?] = []

    func finishes(of message: ClaimedMessage) -> [AttemptOutcome] {
      finishes.filter { $0.message == message.id }.map(\.outcome)
    }

    func claims(from queue: OutboxQueue) -> [Int] {
      claims.filter { $0.queue == queue }.map(\.limit)
    }

    mutating func claim(_ limit: Int, _ queue: OutboxQueue) -> Result<[ClaimedMessage], ResetError>
    {
      answered += 1
      if !claimFaults.isEmpty { return .failure(claimFaults.removeFirst()) }
      let claimed = Array(waiting[queue, default: []].prefix(limit))
      waiting[queue]?.removeFirst(claimed.count)
      inHand += claimed.count
      mostInHand = max(mostInHand, inHand)
      return .success(claimed)
    }
  }

  let state: Watched<State>
  /// Claims of mail wait while this is false.
  let answersClaims = Watched(true)

  init() { state = Watched(State()) }

  func add(_ messages: [ClaimedMessage], to queue: OutboxQueue = .mail) {
    state.update { $0.waiting[queue, default: []] += messages }
  }

  func claim(
    atMost limit: Int, from queue: OutboxQueue
  ) async throws(ResetError) -> [ClaimedMessage] {
    state.update { $0.claims.append(Claim(queue: queue, limit: limit)) }
    if queue == .mail { await answersClaims.until { $0 } }
    return try state.update { $0.claim(limit, queue) }.get()
  }

  func finish(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome, report: EventType?
  ) async throws(ResetError) -> Bool {
    let answer: Result<Bool, ResetError> = state.update { state in
      state.finishes.append(Finish(message: message.id, outcome: outcome, report: report))
      if !state.finishFaults.isEmpty { return .failure(state.finishFaults.removeFirst()) }
      state.inHand -= 1
      return .success(!state.isLeaseLost)
    }
    return try answer.get()
  }

  func renew(_ messages: [ClaimedMessage]) async throws(ResetError) -> Set<RequestID> {
    let answer: Result<Set<RequestID>, ResetError> = state.update { state in
      state.renewals.append(messages.map(\.id))
      if let fault = state.renewFault { return .failure(fault) }
      return .success(state.isLeaseLost ? [] : Set(messages.map(\.id)))
    }
    return try answer.get()
  }

  func name(
    _ account: KeyedHash, sealed: Vault.Sealed, for message: ClaimedMessage
  ) async throws(ResetError) -> Bool {
    let answer: Result<Bool, ResetError> = state.update { state in
      state.namings.append(
        Naming(account: account, sealed: sealed, request: message.requestID))
      return state.namingFault.map { .failure($0) } ?? .success(!state.isLeaseLost)
    }
    return try answer.get()
  }

  func sayNoAccount(
    _ message: ClaimedMessage, limiterKey: KeyedHash, limits: RateLimits
  ) async throws(ResetError) -> Bool {
    let answer: Result<Bool, ResetError> = state.update { state in
      state.noAccounts.append(limiterKey)
      return state.noAccountFault.map { .failure($0) } ?? .success(state.turnsIntoNoAccount)
    }
    return try answer.get()
  }

  func expire(
    atMost limit: Int, reports: EventSubscribers
  ) async throws(ResetError) -> Int {
    let answer: Result<Int, ResetError> = state.update { state in
      state.expiries += 1
      guard !state.expired.isEmpty else { return .success(0) }
      return state.expired.removeFirst().map { .success($0) } ?? .failure(.unavailable)
    }
    return try answer.get()
  }
}
