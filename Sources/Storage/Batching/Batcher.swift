import PasswordReset

/// Gathers items while one batch is in flight; the next batch takes whoever is ready. One commit
/// serves many, and none waits for a timer.
///
/// Items that share a key stand in one line and never in one batch, so a key in great demand takes
/// one place of a batch, and strangers take the others. A batch that fails by the fault of one of
/// its items is taken apart; whose key is locked then stands alone until it has been done.
actor Batcher<Item: Sendable, Outcome: Sendable, Key: Hashable & Sendable> {
  struct Rules: Sendable {
    /// Items of one batch at most.
    var batch = 64
    /// Items that may be inside; more are refused as overloaded. Those who stand behind others of
    /// their key take at most half of it.
    var queue = 4096
    /// Items that may stand behind one in the line of a key; more of that key are refused.
    var line = 256
    /// How long an item may wait for its batch to start.
    var patience: Duration = .seconds(3)
    /// Failing runs for one batch; then all that is left of it stands alone, each for itself.
    var failures = 6
    /// How many stand alone at once.
    var apart = BatchSessions.apart
    /// Items that share one of these keep their order and never run at once.
    var keys: @Sendable (Item) -> [Key] = { _ in [] }
    /// Only items that belong together by this stand in one batch.
    var belong: @Sendable (Item, Item) -> Bool = { _, _ in true }
    /// What an item that stood behind others can be told without a batch.
    var answer: @Sendable (Item) -> Outcome? = { _ in nil }
  }

  typealias Run =
    @Sendable (_ items: [Item], _ company: BatchCompany) async throws(BatchFailure) -> [Outcome]
  typealias Place = Waiting<Item, Outcome, Key>

  let rules: Rules
  let run: Run
  /// Not yet answered.
  private(set) var inside = 0
  private var lines = KeyLines<Item, Outcome, Key>()
  /// Who has its keys, by what belongs together.
  private var groups: [FIFO<Place>] = []
  private var isRunning = false
  var suspects = Suspects<Key>()
  var apart = FIFO<Place>()
  var runningApart = 0

  /// - Parameter run: one outcome for each item, in order; or nothing is done.
  init(_ rules: Rules = Rules(), run: @escaping Run) {
    self.rules = rules
    self.run = run
  }

  func submit(_ item: Item) async throws(ResetError) -> Outcome {
    var keys: [Key] = []
    for key in rules.keys(item) where !keys.contains(key) { keys.append(key) }
    guard hasRoom(for: keys) else { throw .overloaded }
    let result = await withCheckedContinuation { continuation in
      let place = Place(item, keys: keys, continuation: continuation)
      inside += 1
      if lines.join(place) { makeReady(place) }
    }
    return try result.get()
  }

  private func hasRoom(for keys: [Key]) -> Bool {
    guard inside < rules.queue else { return false }
    let ahead = lines.longest(of: keys)
    return ahead == 0 || ahead <= rules.line && lines.blocked < rules.queue / 2
  }

  private func makeReady(_ place: Place) {
    guard !suspects.contains(anyOf: place.keys) else { return standApart(place) }
    let group = groups.firstIndex { group in
      group.first.map { rules.belong($0.item, place.item) } ?? false
    }
    if let group { groups[group].append(place) } else { groups.append(FIFO([place])) }
    guard !isRunning else { return }
    isRunning = true
    Task { await runUntilEmpty() }
  }

  private func runUntilEmpty() async {
    while !groups.isEmpty {
      let batch = takeBatch()
      guard !batch.isEmpty, let failure = await attempt(batch) else { continue }
      await divide(batch, after: failure)
    }
    isRunning = false
  }

  private func takeBatch() -> [Place] {
    var (batch, tooOld): ([Place], [Place]) = ([], [])
    var group = groups.removeFirst()
    while batch.count < rules.batch, let place = group.popFirst() {
      if isTooOld(place) { tooOld.append(place) } else { batch.append(place) }
    }
    // The others come first next time.
    if !group.isEmpty { groups.append(group) }
    for place in tooOld { answer(place, .failure(.unavailable)) }
    return batch
  }

  func isTooOld(_ place: Place) -> Bool { .now - place.since > rules.patience }

  /// Answers one, and lets those go on who stood behind it.
  func answer(_ first: Place, _ answer: Place.Answer) {
    var leaving = [(first, answer)]
    while let (place, answer) = leaving.popLast() {
      inside -= 1
      place.continuation.resume(returning: answer)
      for next in lines.leave(place) {
        if isTooOld(next) {
          leaving.append((next, .failure(.unavailable)))
        } else if let known = rules.answer(next.item) {
          leaving.append((next, .success(known)))
        } else {
          makeReady(next)
        }
      }
    }
  }
}
