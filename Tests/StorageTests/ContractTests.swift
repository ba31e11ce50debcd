import StoreContract
import Testing

@Suite struct ContractTests {
  @Test(arguments: StoreContract.rules)
  func `the store in memory keeps the contract`(rule: StoreContract.Rule) async throws {
    let store = MemoryStore()
    try await rule.check(try StoreContract(Store(store)) { store.advance(by: $0) })
  }

  @Test(arguments: StoreContract.rules)
  func `the store on PostgreSQL keeps the contract`(rule: StoreContract.Rule) async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      try await rule.check(try await PostgresStore(database).contract)
    }
  }
}
