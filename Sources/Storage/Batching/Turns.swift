import PasswordReset

/// One at a time for each key, the others in line: whoever waits for the lock of one account takes
/// one connection and not all of them.
actor Turns<Key: Hashable & Sendable> {
  private typealias Turn = CheckedContinuation<Void, Never>

  /// Who stands behind one; more are refused.
  private let line: Int
  /// How long one may stand there.
  private let patience: Duration
  private var lines: [Key: FIFO<Turn>] = [:]

  init(line: Int = 512, patience: Duration = .seconds(3)) {
    self.line = line
    self.patience = patience
  }

  /// - Throws: `overloaded` where the line is full, `unavailable` for whom it took too long.
  nonisolated func take<Value: Sendable>(
    _ key: Key, _ body: () async throws(ResetError) -> Value
  ) async throws(ResetError) -> Value {
    try await enter(key)
    do throws(ResetError) {
      let value = try await body()
      await leave(key)
      return value
    } catch {
      await leave(key)
      throw error
    }
  }

  private func enter(_ key: Key) async throws(ResetError) {
    guard let count = lines[key]?.count else {
      lines[key] = FIFO()
      return
    }
    guard count < line else { throw .overloaded }
    let since = ContinuousClock.now
    await withCheckedContinuation { lines[key]?.append($0) }
    guard .now - since < patience else {
      leave(key)
      throw .unavailable
    }
  }

  private func leave(_ key: Key) {
    if let next = lines[key]?.popFirst() { next.resume() } else { lines[key] = nil }
  }
}
