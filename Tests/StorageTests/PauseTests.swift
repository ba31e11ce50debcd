import PasswordReset
import Postgres
import Storage
import StoreContract
import Testing

@Suite struct PauseTests {
  @Test func `nothing is claimed in any queue while the outbox is paused`() async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      let store = try await PostgresStore(database)
      let (contract, outbox) = (try store.contract, store.store.outbox)
      let used = try await contract.mail(Ask("a@example.com"))
      #expect(try await contract.consume(used, reports: true).consumedAt != nil)
      let lost = try await contract.accept(Ask("b@example.com"))
      #expect(try await outbox.claim(atMost: 64, from: .mail).count == 1)
      try await store.moveTime(by: .seconds(90))
      let waiting = try await contract.accept(Ask("c@example.com"))

      try await database.script("INSERT INTO rekey.outbox_pause DEFAULT VALUES", as: .ops)
      for queue in OutboxQueue.allCases {
        #expect(try await outbox.claim(atMost: 64, from: queue).isEmpty)
      }
      try await database.script("DELETE FROM rekey.outbox_pause", as: .ops)
      for (queue, id) in [(OutboxQueue.mail, waiting), (.suspects, lost), (.events, used)] {
        #expect(try await outbox.claim(atMost: 64, from: queue).map(\.requestID) == [id])
      }
    }
  }

  @Test func `an attempt that runs while the outbox is paused ends as always`() async throws {
    try await TestDatabase.with { database in
      let store = try await PostgresStore(database)
      let (contract, outbox) = (try store.contract, store.store.outbox)
      let id = try await contract.accept()
      let message = try #require(try await outbox.claim(atMost: 1, from: .mail).first)
      try await database.script("INSERT INTO rekey.outbox_pause DEFAULT VALUES", as: .ops)
      #expect(try await outbox.renew([message]) == [message.id])
      #expect(try await outbox.finish(message, .sent, report: nil))
      #expect(try await store.store.reader.describe(id, for: "app")?.state == .sent)
    }
  }

  @Test func `what gets too old while the outbox is paused expires all the same`() async throws {
    try await TestDatabase.with { database in
      let store = try await PostgresStore(database)
      let old = try await database.seed(age: 7201, state: .waiting)
      let young = try await database.seed(age: 7000, state: .waiting)
      try await database.script(
        "INSERT INTO rekey.outbox_pause (reason) VALUES ('maintenance')", as: .ops)
      let reports = EventSubscribers(common: true, exceptions: [])
      #expect(try await store.store.outbox.expire(atMost: 64, reports: reports) == 1)
      let left = try await database.query(
        "SELECT request_id, kind FROM rekey.outbox ORDER BY kind DESC")
      #expect(try left.map { try $0.text("kind") } == ["link", "event"])
      #expect(try left.map { try $0.uuid("request_id") } == [young, old])
    }
  }

  @Test func `the outbox is paused once`() async throws {
    try await TestDatabase.with { database in
      let pause = "INSERT INTO rekey.outbox_pause DEFAULT VALUES"
      try await database.expect(nil, from: pause, as: .ops)
      try await database.expect("23505", from: pause, as: .ops)
      let other = "INSERT INTO rekey.outbox_pause (single) VALUES (false)"
      try await database.expect("23514", from: other, as: .ops)
    }
  }
}
