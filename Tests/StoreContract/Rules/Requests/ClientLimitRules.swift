import PasswordReset
import Testing

extension StoreContract {
  private static func ask(_ email: String, from client: String = "192.0.2.1") -> Ask {
    Ask(email).with(\.client, client).with(\.clientLimits, "2/1h")
  }

  static let clientLimitRules = [
    Rule("a client has a limit over all addresses") { contract in
      _ = try await contract.accept(ask("a@example.com"))
      _ = try await contract.accept(ask("b@example.com"))
      let refused = try await contract.record(ask("c@example.com"))
      #expect(refused == .limited(by: .client, retryAfter: 3600))
      _ = try await contract.accept(ask("c@example.com", from: "192.0.2.2"))
      _ = try await contract.accept(Ask("d@example.com"))
    },
    Rule("a client has a limit with each caller, and none uses up another's") { contract in
      for email in ["a@example.com", "b@example.com"] { _ = try await contract.accept(ask(email)) }
      #expect(try await contract.record(ask("c@example.com")).isLimited)
      _ = try await contract.accept(ask("c@example.com").with(\.caller, "other"))
    },
    Rule("a request that breaks both limits is told the longer wait, however often") { contract in
      let one = ask("a@example.com").with(\.clientLimits, "1/20m").with(\.addressLimits, "1/4m")
      _ = try await contract.accept(one)
      for _ in 0..<3 {
        #expect(try await contract.record(one) == .limited(by: .address, retryAfter: 1200))
      }
    },
    Rule("a client has room again exactly when its window has passed") { contract in
      _ = try await contract.accept(ask("a@example.com"))
      _ = try await contract.accept(ask("b@example.com"))
      try await contract.moveTime(.seconds(3600) - .grain)
      let refused = try await contract.record(ask("c@example.com"))
      #expect(refused == .limited(by: .client, retryAfter: 1))
      try await contract.moveTime(.grain)
      _ = try await contract.accept(ask("c@example.com"))
    },
    Rule("a request refused for its client leaves the address its room") { contract in
      _ = try await contract.accept(ask("a@example.com"))
      _ = try await contract.accept(ask("b@example.com"))
      for _ in 0..<3 { #expect(try await contract.record(ask("c@example.com")).isLimited) }
      for _ in 0..<3 { _ = try await contract.accept(Ask("c@example.com")) }
    },
    Rule("a request refused for its address leaves the client its room") { contract in
      let one = ask("a@example.com").with(\.addressLimits, "1/1h")
      _ = try await contract.accept(one)
      for _ in 0..<3 {
        #expect(try await contract.record(one) == .limited(by: .address, retryAfter: 3600))
      }
      _ = try await contract.accept(ask("b@example.com").with(\.addressLimits, "1/1h"))
    },
  ]
}
