import Synchronization

/// A value that tests wait on, so that none has to sleep.
final class Watched<Value: Sendable>: Sendable {
  private struct Waiter {
    let isMet: @Sendable (Value) -> Bool
    let continuation: CheckedContinuation<Value, Never>
  }

  private struct State {
    var value: Value
    var waiters: [Waiter] = []
  }

  private let state: Mutex<State>

  init(_ value: Value) { state = Mutex(State(value: value)) }

  var value: Value { state.withLock { $0.value } }

  @discardableResult
  func update<Result: Sendable>(_ change: @Sendable (inout Value) -> Result) -> Result {
    let (result, value, met) = state.withLock { state in
      let result = change(&state.value)
      let met = state.waiters.filter { $0.isMet(state.value) }
      state.waiters.removeAll { $0.isMet(state.value) }
      return (result, state.value, met)
    }
    for waiter in met { waiter.continuation.resume(returning: value) }
    return result
  }

  /// Returns once the condition holds; at once if it already does.
  @discardableResult
  func until(_ isMet: @escaping @Sendable (Value) -> Bool) async -> Value {
    await withCheckedContinuation { continuation in
      let value = state.withLock { state -> Value? in
        if isMet(state.value) { return state.value }
        state.waiters.append(Waiter(isMet: isMet, continuation: continuation))
        return nil
      }
      if let value { continuation.resume(returning: value) }
    }
  }
}
