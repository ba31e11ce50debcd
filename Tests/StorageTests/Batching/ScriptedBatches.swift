import PasswordReset
import Synchronization

@testable import Storage

/// An item of a test: its name, and the keys it has.
struct TestItem: Sendable, Hashable {
  let name: Int
  let keys: [String]

  init(_ name: Int, _ keys: String...) {
    self.name = name
    self.keys = keys
  }
}

/// What a test's batcher runs: holds each batch until it is let go, fails those that hold an item at
/// fault, and tells what ran.
final class ScriptedBatches: Sendable {
  struct Run: Sendable, Equatable {
    let names: [Int]
    let isAlone: Bool
    let isDone: Bool
  }

  private struct State {
    var faults: [Int: BatchFailure.Fault] = [:]
    var runs: [Run] = []
    var isHeld = false
    var held: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  var runs: [Run] { state.withLock { $0.runs } }
  var heldBatches: Int { state.withLock { $0.held.count } }

  func blame(_ name: Int, _ fault: BatchFailure.Fault?) {
    state.withLock { $0.faults[name] = fault }
  }

  func hold() { state.withLock { $0.isHeld = true } }

  func letGo() {
    let held = state.withLock { state in
      defer { state.held = [] }
      state.isHeld = false
      return state.held
    }
    for continuation in held { continuation.resume() }
  }

  func batcher(
    _ change: (inout Batcher<TestItem, Int, String>.Rules) -> Void = { _ in }
  ) -> Batcher<TestItem, Int, String> {
    var rules = Batcher<TestItem, Int, String>.Rules()
    rules.keys = { $0.keys }
    change(&rules)
    return Batcher(rules) { [self] items, company throws(BatchFailure) in
      await waitUntilLetGo()
      let fault = state.withLock { state in
        let fault = items.compactMap { state.faults[$0.name] }.first
        state.runs.append(
          Run(names: items.map(\.name), isAlone: company == .alone, isDone: fault == nil))
        return fault
      }
      if let fault { throw BatchFailure(error: .unavailable, fault: fault) }
      return items.map(\.name)
    }
  }

  private func waitUntilLetGo() async {
    await withCheckedContinuation { continuation in
      let isHeld = state.withLock { state in
        if state.isHeld { state.held.append(continuation) }
        return state.isHeld
      }
      if !isHeld { continuation.resume() }
    }
  }
}

extension Batcher where Item == TestItem, Outcome == Int, Key == String {
  nonisolated func outcome(of item: TestItem) async -> Result<Int, ResetError> {
    do throws(ResetError) { return .success(try await submit(item)) } catch {
      return .failure(error)
    }
  }

  /// Returns when so many are inside.
  nonisolated func fill(to count: Int) async {
    while await inside < count { await Task.yield() }
  }
}
