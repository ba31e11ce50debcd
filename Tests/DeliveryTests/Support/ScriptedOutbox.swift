import PasswordReset

/// An outbox that hands out what it is given and writes down what is done with it.
final class ScriptedOutbox: Outbox {
  struct Finish: Sendable, Equatable {
    let message: RequestID
    let outcome: AttemptOutcome
  }

  struct Naming: Sendable {
    let account: KeyedHash
    let sealed: Vault.Sealed
    let request: RequestID
  }

  struct State: Sendable {
    var waiting: [ClaimedMessage] = []
    /// The limit of every look, in order.
    var claims: [Int] = []
    var finishes: [Finish] = []
    var namings: [Naming] = []
    var renewals: [[RequestID]] = []
    var inHand = 0
    var mostInHand = 0
    /// Faults of the next looks.
    var claimFaults: [ResetError] = []
    var namingFault: ResetError?
    var finishFaults: [ResetError] = []
    var isLeaseLost = false
  }

  let state: Watched<State>

  init(_ messages: [ClaimedMessage] = []) { state = Watched(State(waiting: messages)) }

  func add(_ messages: [ClaimedMessage]) { state.update { $0.waiting += messages } }

  func claim(atMost limit: Int) async throws(ResetError) -> [ClaimedMessage] {
    let answer: Result<[ClaimedMessage], ResetError> = state.update { state in
      state.claims.append(limit)
      if !state.claimFaults.isEmpty { return .failure(state.claimFaults.removeFirst()) }
      let claimed = Array(state.waiting.prefix(limit))
      state.waiting.removeFirst(claimed.count)
      state.inHand += claimed.count
      state.mostInHand = max(state.mostInHand, state.inHand)
      return .success(claimed)
    }
    return try answer.get()
  }

  func finish(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome
  ) async throws(ResetError) -> Bool {
    let answer: Result<Bool, ResetError> = state.update { state in
      state.finishes.append(Finish(message: message.id, outcome: outcome))
      state.inHand -= 1
      if !state.finishFaults.isEmpty { return .failure(state.finishFaults.removeFirst()) }
      return .success(!state.isLeaseLost)
    }
    return try answer.get()
  }

  func renew(_ messages: [ClaimedMessage]) async throws(ResetError) {
    state.update { $0.renewals.append(messages.map(\.id)) }
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
}
