public import PasswordReset
import Testing

extension StoreContract {
  static let limitRules = [
    Rule("the last of a limit is accepted and one more is refused") { contract in
      for _ in 0..<3 { _ = try await contract.accept() }
      #expect(try await contract.record(Ask()) == .limited(by: .address, retryAfter: 900))
      #expect(try await contract.claimable().count == 3)
    },
    Rule("there is room again exactly when the window has passed") { contract in
      for _ in 0..<3 { _ = try await contract.accept() }
      try await contract.moveTime(.seconds(900) - .grain)
      #expect(try await contract.record(Ask()) == .limited(by: .address, retryAfter: 1))
      try await contract.moveTime(.grain)
      _ = try await contract.accept()
    },
    Rule("the wait is told in whole seconds, never too short") { contract in
      for _ in 0..<3 { _ = try await contract.accept() }
      for (passed, told) in [(1, 900), (999, 899), (1, 899), (897_998, 2), (1, 1)] {
        try await contract.moveTime(.milliseconds(passed))
        #expect(try await contract.record(Ask()) == .limited(by: .address, retryAfter: told))
      }
    },
    Rule("what is refused does not count") { contract in
      for _ in 0..<3 { _ = try await contract.accept() }
      try await contract.moveTime(.seconds(800))
      for _ in 0..<5 {
        #expect(try await contract.record(Ask()) == .limited(by: .address, retryAfter: 100))
      }
      try await contract.moveTime(.seconds(100))
      for _ in 0..<2 { _ = try await contract.accept() }
    },
    Rule("each limit counts its own window, and the longest wait is told") { contract in
      for _ in 0..<3 { _ = try await contract.accept() }
      try await contract.moveTime(.seconds(900))
      for _ in 0..<2 { _ = try await contract.accept() }
      // Five within the hour; the first three leave it at its end.
      #expect(try await contract.record(Ask()) == .limited(by: .address, retryAfter: 2700))
      try await contract.moveTime(.seconds(2700))
      for _ in 0..<3 { _ = try await contract.accept() }
      #expect(try await contract.record(Ask()) == .limited(by: .address, retryAfter: 900))
    },
    Rule("no sliding window ever holds more than its limit, and nothing is refused before") {
      contract in
      let limits = [(3, 900), (5, 3600), (10, 86_400)]
      var (clock, accepted, gap): (Int, [Int], UInt32) = (0, [], 7)
      for _ in 0..<80 {
        // A fixed sequence of gaps between 0 and 25 minutes, with a night now and then.
        gap = gap &* 1_103_515_245 &+ 12_345
        let seconds = gap >> 16 & 15 == 0 ? 30_000 : Int(gap >> 16) % 1500
        try await contract.moveTime(.seconds(seconds))
        clock += seconds
        let hasRoom = limits.allSatisfy { count, window in
          accepted.count { $0 > clock - window } < count
        }
        let outcome = try await contract.record(Ask())
        #expect(outcome.isLimited != hasRoom)
        if !outcome.isLimited { accepted.append(clock) }
      }
      #expect(accepted.count > 20)
    },
    Rule("addresses have limits of their own") { contract in
      for _ in 0..<3 { _ = try await contract.accept(Ask("ada@example.com")) }
      for _ in 0..<3 { _ = try await contract.accept(Ask("bob@example.com")) }
      #expect(try await contract.record(Ask("ada@example.com")).isLimited)
      #expect(try await contract.record(Ask("bob@example.com")).isLimited)
    },
    Rule("an address has a limit with each caller, and none uses up another's") { contract in
      for _ in 0..<3 { _ = try await contract.accept() }
      #expect(try await contract.record(Ask()).isLimited)
      let other = Ask().with(\.caller, "other")
      for _ in 0..<3 { _ = try await contract.accept(other) }
      #expect(try await contract.record(other).isLimited)
    },
    Rule("a replica with smaller limits does not make one with larger limits forget") { contract in
      let (large, small) = (
        Ask().with(\.addressLimits, "5/1h"), Ask().with(\.addressLimits, "1/1s")
      )
      var accepted = 0
      for _ in 0..<20 {
        for ask in [large, small] {
          if try await !contract.record(ask).isLimited {
            accepted += ask.addressLimits == large.addressLimits ? 1 : 0
          }
          try await contract.moveTime(.seconds(1))
        }
      }
      #expect(accepted == 3)
      #expect(try await contract.record(large).isLimited)
    },
    Rule("two sets of limits of one address are each judged by their own") { contract in
      let (large, small) = (
        Ask().with(\.addressLimits, "5/1h"), Ask().with(\.addressLimits, "1/30m")
      )
      for _ in 0..<4 {
        _ = try await contract.accept(large)
        #expect(try await contract.record(small) == .limited(by: .address, retryAfter: 1800))
      }
      _ = try await contract.accept(large)
      for _ in 0..<2 {
        #expect(try await contract.record(large) == .limited(by: .address, retryAfter: 3600))
        #expect(try await contract.record(small) == .limited(by: .address, retryAfter: 1800))
      }
    },
    Rule("the largest limit there may be holds to its last, over its whole window") { contract in
      let ask = Ask().with(\.addressLimits, "1000/30d")
      for _ in 0..<999 { _ = try await contract.accept(ask) }
      try await contract.moveTime(.seconds(30 * 86_400) - .grain)
      _ = try await contract.accept(ask)
      #expect(try await contract.record(ask) == .limited(by: .address, retryAfter: 1))
      try await contract.moveTime(.grain)
      for _ in 0..<999 { _ = try await contract.accept(ask) }
      #expect(try await contract.record(ask).isLimited)
    },
  ]
}

extension RecordOutcome {
  public var isLimited: Bool { if case .limited = self { true } else { false } }
}
