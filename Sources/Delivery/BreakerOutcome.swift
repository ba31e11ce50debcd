import PasswordReset

extension CircuitBreaker {
  /// What became of a message says how the way fares.
  mutating func end(
    _ pass: Pass, _ outcome: DeliveryOutcome, took: Duration, _ now: Instant
  ) {
    switch outcome {
    // The end of this process or of its lease says nothing about the way.
    case .transient where Task.isCancelled, .uncertain where Task.isCancelled: leave(pass)
    case _ where outcome.isLeaseLost: leave(pass)
    case .transient(let cause, .transport, let askedFor):
      fail(pass, cause, askedFor: askedFor, random: .random(in: 0..<1), now)
    case .uncertain(let cause):
      fail(pass, cause, askedFor: nil, random: .random(in: 0..<1), now)
    case .delivered, .permanent, .transient: succeed(pass, took: took, now)
    }
  }
}

extension DeliveryOutcome {
  /// Nothing went out, because the lease ran out first.
  var isLeaseLost: Bool {
    if case .transient("lease_lost", _, _) = self { true } else { false }
  }

  /// Why it did not get through, where that may change.
  var cause: String? {
    switch self {
    case .transient(let cause, _, _), .uncertain(let cause): cause
    case .delivered, .permanent: nil
    }
  }
}
