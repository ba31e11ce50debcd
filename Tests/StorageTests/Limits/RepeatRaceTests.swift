import PasswordReset
import StoreContract
import Testing

@testable import Storage

/// The same key and body at two processes at once, on the last free place of a limit.
@Suite struct RepeatRaceTests {
  @Test(arguments: [nil, "192.0.2.1"])
  func `one is accepted and the other is told the same`(client: String?) async throws {
    try await TestDatabase.with { database in
      let (first, second) = (try await PostgresStore(database), try await PostgresStore(database))
      let vault = try TestVault.make()
      let contracts = try [first, second].map {
        try StoreContract($0.store, vault: vault) { _ in }
      }
      for number in 0..<150 {
        let limits = client == nil ? ("1/15m", "20/1h") : ("2/15m", "1/1h")
        let ask = Ask("p\(number)@example.com").with(\.addressLimits, limits.0)
          .with(\.clientLimits, limits.1).with(\.key, "k-\(number)")
          .with(\.client, client == nil ? nil : "192.0.2.\(number)")
        async let one = contracts[0].record(ask)
        async let other = contracts[1].record(ask)
        let outcomes = try await [one, other]
        let id = try #require(outcomes.lazy.compactMap(\.acceptedID).first)
        #expect(outcomes.contains(.replayed(id)), "pair \(number): \(outcomes)")
      }
    }
  }
}

extension RecordOutcome {
  fileprivate var acceptedID: RequestID? { if case .accepted(let id) = self { id } else { nil } }
}
