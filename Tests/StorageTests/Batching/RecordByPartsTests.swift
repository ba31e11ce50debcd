import PasswordReset
import Postgres
import StoreContract
import Testing

@testable import Storage

/// A batch of requests on PostgreSQL with one among them that cannot be taken down.
@Suite struct RecordByPartsTests {
  private static let strangers = (0..<63).map { Ask("p\($0)@example.com") }

  /// What becomes of an ask that stands among 63 strangers.
  private func record(
    _ ask: Ask, _ contract: StoreContract
  ) async throws -> (ofIt: Result<RecordOutcome, ResetError>, accepted: Int) {
    try await withThrowingTaskGroup(of: (Bool, Result<RecordOutcome, ResetError>).self) { group in
      for (place, one) in (Self.strangers + [ask]).enumerated() {
        group.addTask { (place == 63, try await contract.outcome(of: one)) }
      }
      var (ofIt, accepted) = (Result<RecordOutcome, ResetError>.failure(.corrupt), 0)
      for try await (isIt, outcome) in group {
        if isIt { ofIt = outcome } else if case .success(.accepted) = outcome { accepted += 1 }
      }
      return (ofIt, accepted)
    }
  }

  @Test func `strangers are taken down while one row is locked, and then it is too`() async throws {
    try await TestDatabase.with { database in
      let contract = try await PostgresStore(database).contract
      let ask = Ask("locked@example.com")
      _ = try await contract.accept(ask)
      try await database.holding("SELECT FROM rekey.rate_limit FOR UPDATE") {
        let (ofIt, accepted) = try await record(ask, contract)
        #expect(ofIt == .failure(.unavailable))
        #expect(accepted == 63)
        // From now on it stands alone, and strangers do not even notice.
        async let again = contract.outcome(of: ask)
        for number in 0..<20 { _ = try await contract.accept(Ask("q\(number)@example.com")) }
        #expect(try await again == .failure(.unavailable))
      }
      _ = try await contract.accept(ask)
    }
  }

  @Test func `what a constraint refuses fails alone`() async throws {
    try await TestDatabase.with { database in
      try await database.script(
        "ALTER TABLE rekey.reset_request ADD CONSTRAINT test CHECK (caller <> 'bad')")
      let contract = try await PostgresStore(database).contract
      let bad = Ask().with(\.caller, "bad")
      let (ofIt, accepted) = try await record(bad, contract)
      #expect(ofIt == .failure(.unavailable))
      #expect(accepted == 63)
    }
  }

  @Test func `a locked table ends every request in time, and all goes on after it`() async throws {
    try await TestDatabase.with { database in
      let contract = try await PostgresStore(database).contract
      let ask = Ask("one@example.com")
      try await database.holding("LOCK TABLE rekey.rate_limit") {
        let accepted = try await record(ask, contract).accepted
        #expect(accepted == 0)
      }
      let (ofIt, accepted) = try await record(ask, contract)
      #expect((try? ofIt.get()) != nil)
      #expect(accepted == 63)
    }
  }
}

extension StoreContract {
  func outcome(of ask: Ask) async throws -> Result<RecordOutcome, ResetError> {
    do { return .success(try await record(ask)) } catch let error as ResetError {
      return .failure(error)
    }
  }
}
