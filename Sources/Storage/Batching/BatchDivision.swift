import PasswordReset

/// How a batch fails by parts.
extension Batcher {
  /// Runs and answers a batch, or says why nothing of it was done.
  func attempt(_ batch: [Place]) async -> BatchFailure? {
    do throws(BatchFailure) {
      let outcomes = try await run(batch.map(\.item), .together)
      guard outcomes.count == batch.count else {
        throw BatchFailure(error: .corrupt, fault: .common)
      }
      for (place, outcome) in zip(batch, outcomes) { answer(place, .success(outcome)) }
      return nil
    } catch { return error }
  }

  /// Takes a failed batch apart until who is at fault stands alone. Parts that have not failed yet
  /// come first, so strangers wait for no more than a few failing runs, however it ends.
  func divide(_ batch: [Place], after failure: BatchFailure) async {
    var failures = 1
    var parts = FIFO(self.parts(of: batch, after: failure))
    while let part = parts.popFirst() {
      guard failures < rules.failures else {
        for place in part { standApart(place) }
        continue
      }
      guard let failure = await attempt(part) else { continue }
      failures += 1
      if failure.fault == .common {
        // Nobody here is at fault, and the next run would find the same.
        while let left = parts.popFirst() { fail(left, failure) }
      }
      for part in self.parts(of: part, after: failure) { parts.append(part) }
    }
  }

  /// Eighths rather than halves: 64 items take two steps to the one, and each step costs a timeout.
  private func parts(of batch: [Place], after failure: BatchFailure) -> [[Place]] {
    guard failure.fault != .common, let first = batch.first else {
      fail(batch, failure)
      return []
    }
    guard batch.count > 1 else {
      settle(first, failure)
      return []
    }
    let size = (batch.count + 7) / 8
    return stride(from: 0, to: batch.count, by: size).map { start in
      Array(batch[start..<min(start + size, batch.count)])
    }
  }

  private func fail(_ batch: [Place], _ failure: BatchFailure) {
    for place in batch { answer(place, .failure(failure.error)) }
  }

  /// The one at fault. A lock may be given back, so it is tried once more where it keeps nobody
  /// waiting; and whoever comes with its keys stands alone until one of them has been done.
  private func settle(_ place: Place, _ failure: BatchFailure) {
    guard failure.fault == .lock else { return answer(place, .failure(failure.error)) }
    suspects.insert(place.keys)
    standApart(place)
  }

  func standApart(_ place: Place) {
    apart.append(place)
    guard runningApart < rules.apart else { return }
    runningApart += 1
    Task { await runApart() }
  }

  private func runApart() async {
    while let place = apart.popFirst() {
      guard !isTooOld(place) else {
        answer(place, .failure(.unavailable))
        continue
      }
      do throws(BatchFailure) {
        guard let outcome = try await run([place.item], .alone).first else {
          throw BatchFailure(error: .corrupt, fault: .common)
        }
        suspects.remove(place.keys)
        answer(place, .success(outcome))
      } catch {
        if error.fault == .lock { suspects.insert(place.keys) }
        answer(place, .failure(error.error))
      }
    }
    runningApart -= 1
  }
}
