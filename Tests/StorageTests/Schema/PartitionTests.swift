import PasswordReset
import Postgres
import Storage
import StoreContract
import Testing

@Suite struct PartitionTests {
  @Test func `the worker makes what is missing, and only that`() async throws {
    try await TestDatabase.with { database in
      let partitions = Partitions(try await PostgresStore(database).working)
      #expect(try await partitions.makeAhead() == 0)
      let all = try await database.partitions()
      for name in all.suffix(3) { try await database.script("DROP TABLE rekey.\(name)") }
      #expect(try await partitions.makeAhead() == 3)
      #expect(try await database.partitions() == all)
    }
  }

  @Test func `several at once make each partition once`() async throws {
    try await TestDatabase.with { database in
      for name in try await database.partitions().suffix(5) {
        try await database.script("DROP TABLE rekey.\(name)")
      }
      let made = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          let partitions = Partitions(try await PostgresStore(database).working)
          group.addTask { try await partitions.makeAhead() }
        }
        return try await group.reduce(0, +)
      }
      #expect(made == 5)
    }
  }

  @Test func `a request whose day has no partition is kept, and moves when there is one`()
    async throws
  {
    try await TestDatabase.with { database in
      let today = try #require(try await database.partitions().first)
      try await database.script("DROP TABLE rekey.\(today)")
      let store = try await PostgresStore(database)
      let contract = try store.contract
      let id = try await contract.mail()
      #expect(try await database.place(of: id.bytes) == "reset_request_default")
      let before = try await store.store.reader.describe(id, for: "app")
      #expect(try await Partitions(store.working).makeAhead() == 1)
      #expect(try await database.place(of: id.bytes) == today)
      #expect(try await store.store.reader.describe(id, for: "app") == before)
      #expect(try await contract.consume(id).consumedAt != nil)
    }
  }

  @Test func `a request of another day stays in the default partition`() async throws {
    try await TestDatabase.with { database in
      let later = try await database.seed(age: -20 * 86_400)
      let sooner = try await database.seed(age: -10 * 86_400)
      let rows = try await database.query("SELECT rekey.make_partitions(12) AS made", as: .work)
      #expect(try rows.only().int("made") == 5)
      let tenth = try await database.days(from: 10, to: 10).first
      #expect(try await database.place(of: sooner) == tenth)
      #expect(try await database.place(of: later) == "reset_request_default")
    }
  }

  @Test(arguments: [(-1, "22023"), (0, nil), (60, nil), (61, "22023")] as [(Int, String?)])
  func `partitions are made for 0 to 60 days ahead`(days: Int, state: String?) async throws {
    try await TestDatabase.with { database in
      let call = "SELECT rekey.make_partitions(\(days))"
      try await database.expect(state, from: call, as: .work)
    }
  }

  @Test func `old days that hold nothing alive are dropped whole`() async throws {
    try await TestDatabase.with { database in
      for day in [-40, -39, -38, -37, -3] { try await database.makePartition(day: day) }
      for day in [-40, -40, -39, -38, -37, -3] {
        try await database.seed(age: -day * 86_400, state: .consumed)
      }
      try await database.seed(age: 39 * 86_400, state: .live)
      try await database.seed(age: 38 * 86_400, state: .waiting)
      try await database.seed(age: 37 * 86_400, state: .dead)
      let before = try await database.partitions()
      // The days of 40 and of 37 days ago, with two and two requests, the letter being dead.
      #expect(try await drop(database, olderThan: 30) == 4)
      let kept = try await database.partitions()
      let days = try await database.days(from: -40, to: -37)
      #expect(Set(before).subtracting(kept) == [days[0], days[3]])
      #expect(try await drop(database, olderThan: 30) == 0)
    }
  }

  @Test func `a day is dropped only when all of it is past the limit`() async throws {
    try await TestDatabase.with { database in
      for day in [-32, -31, -30, -29] { try await database.makePartition(day: day) }
      _ = try await drop(database, olderThan: 30)
      // Wherever in the day this runs, the day of thirty days ago has not passed wholly.
      let kept = try await database.partitions().prefix(2)
      #expect(Array(kept) == (try await database.days(from: -30, to: -29)))
    }
  }

  @Test func `the default partition is never dropped`() async throws {
    try await TestDatabase.with { database in
      let id = try await database.seed(age: 50 * 86_400, state: .consumed)
      #expect(try await drop(database, olderThan: 30) == 0)
      #expect(try await database.place(of: id) == "reset_request_default")
    }
  }

  @Test func `nothing younger than a day can be dropped`() async throws {
    try await TestDatabase.with { database in
      let young = "SELECT rekey.drop_partition(clock_timestamp() - interval '23 hours 59 minutes')"
      try await database.expect("22023", from: young, as: .ops)
      let old = "SELECT rekey.drop_partition(clock_timestamp() - interval '24 hours 1 minute')"
      try await database.expect(nil, from: old, as: .ops)
    }
  }

  private func drop(_ database: TestDatabase, olderThan days: Int) async throws -> Int {
    let drop = "SELECT rekey.drop_partition(clock_timestamp() - \(days) * interval '1 day') AS n"
    var requests = 0
    while let gone = try await database.query(drop, as: .ops).only().optionalInt("n") {
      requests += gone
    }
    return requests
  }
}
