import PasswordReset

/// Gathers items while one batch is in flight; the next batch takes them all. One commit serves
/// many, and none waits for a timer.
actor Batcher<Item: Sendable, Outcome: Sendable> {
  struct Rules: Sendable {
    /// Items of one batch at most.
    var batch = 64
    /// Items that may wait; more are refused as overloaded.
    var queue = 2048
    /// How long an item may wait for its batch to start.
    var patience: Duration = .seconds(3)
    /// Items that share one of these never stand in one batch, and keep their order.
    var exclusions: @Sendable (Item) -> [KeyedHash] = { _ in [] }
    /// Only items that belong together by this stand in one batch.
    var belong: @Sendable (Item, Item) -> Bool = { _, _ in true }
  }

  private struct Waiting {
    let item: Item
    let since: ContinuousClock.Instant
    let continuation: CheckedContinuation<Result<Outcome, ResetError>, Never>
  }

  typealias Run = @Sendable ([Item]) async throws(ResetError) -> [Outcome]

  private let rules: Rules
  private let run: Run
  private var waiting: [Waiting] = []
  private var isRunning = false

  /// - Parameter run: one outcome for each item, in order.
  init(_ rules: Rules = Rules(), run: @escaping Run) {
    self.rules = rules
    self.run = run
  }

  func submit(_ item: Item) async throws(ResetError) -> Outcome {
    guard waiting.count < rules.queue else { throw .overloaded }
    let result = await withCheckedContinuation { continuation in
      waiting.append(Waiting(item: item, since: .now, continuation: continuation))
      guard !isRunning else { return }
      isRunning = true
      Task { await runUntilEmpty() }
    }
    return try result.get()
  }

  private func runUntilEmpty() async {
    while !waiting.isEmpty {
      dismissImpatient()
      let batch = takeBatch()
      guard !batch.isEmpty else { continue }
      do throws(ResetError) {
        let outcomes = try await run(batch.map(\.item))
        guard outcomes.count == batch.count else { throw .corrupt }
        for (waiting, outcome) in zip(batch, outcomes) {
          waiting.continuation.resume(returning: .success(outcome))
        }
      } catch {
        for waiting in batch { waiting.continuation.resume(returning: .failure(error)) }
      }
    }
    isRunning = false
  }

  private func dismissImpatient() {
    let now = ContinuousClock.now
    let tooOld = waiting.prefix { now - $0.since > rules.patience }
    guard !tooOld.isEmpty else { return }
    waiting.removeFirst(tooOld.count)
    for item in tooOld { item.continuation.resume(returning: .failure(.unavailable)) }
  }

  private func takeBatch() -> [Waiting] {
    var batch: [Waiting] = []
    var left: [Waiting] = []
    var taken: Set<KeyedHash> = []
    for candidate in waiting {
      let keys = rules.exclusions(candidate.item)
      let fits =
        batch.count < rules.batch && taken.isDisjoint(with: keys)
        && (batch.first.map { rules.belong($0.item, candidate.item) } ?? true)
      if fits { batch.append(candidate) } else { left.append(candidate) }
      // What was passed over holds its keys too: a later item must not overtake it.
      taken.formUnion(keys)
    }
    waiting = left
    return batch
  }
}
