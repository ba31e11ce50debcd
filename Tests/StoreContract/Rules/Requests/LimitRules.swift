import PasswordReset
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
    Rule("an address has one limit, whoever calls") { contract in
      for _ in 0..<3 { _ = try await contract.accept() }
      #expect(try await contract.record(Ask().with(\.caller, "other")).isLimited)
    },
    Rule("a caller with a lower limit does not make another forget") { contract in
      for _ in 0..<3 { _ = try await contract.accept() }
      let strict = Ask().with(\.caller, "strict").with(\.addressLimits, "1/5m")
      #expect(try await contract.record(strict) == .limited(by: .address, retryAfter: 300))
      try await contract.moveTime(.seconds(300))
      _ = try await contract.accept(strict)
      #expect(try await contract.record(Ask()) == .limited(by: .address, retryAfter: 600))
    },
  ]
}

extension RecordOutcome {
  var isLimited: Bool { if case .limited = self { true } else { false } }
}
