import PasswordReset
import Postgres
import Storage
import StoreContract
import Testing

@Suite struct OutboxUpkeepTests {
  @Test func `what has had its time goes, and nothing before`() async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      let store = try await PostgresStore(database)
      let upkeep = OutboxUpkeep(store.working)
      try await database.script(
        """
        INSERT INTO rekey.hook_receipt SELECT decode(md5('r'), 'hex'), test_clock.clock_timestamp();
        INSERT INTO rekey.suppression
        SELECT decode(md5('s'), 'hex'), 'app', rekey.new_id(), '', '\\x01020304', 'bounce', 'hook',
          test_clock.clock_timestamp(), test_clock.clock_timestamp() + interval '1 hour';
        """)
      let worker = try #require(RequestID(bytes: [UInt8](repeating: 7, count: 16)))
      let state = TransportState(
        transport: "1-smtp", state: .closed, cause: nil, since: .seconds(5))
      try await upkeep.tell([state], of: worker)
      // Before, at and after ten minutes, one hour, and 48 hours.
      let steps: [(Duration, [Int])] = [
        (.seconds(600), [1, 1, 1]), (.microseconds(1), [1, 1, 0]),
        (.seconds(3000) - .microseconds(2), [1, 1, 0]), (.microseconds(1), [1, 0, 0]),
        (.seconds(47 * 3600), [1, 0, 0]), (.microseconds(1), [0, 0, 0]),
      ]
      for (passed, left) in steps {
        try await store.moveTime(by: passed)
        let isGone = try await upkeep.tend() == 1
        #expect(isGone == (passed == .microseconds(1) && left == [1, 1, 0]))
        var counts: [Int] = []
        for table in ["hook_receipt", "suppression", "transport_state"] {
          counts.append(try await database.number("SELECT count(*) FROM rekey.\(table)"))
        }
        #expect(counts == left)
      }
    }
  }

  @Test func `a worker's transports are written down as it last told them`() async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      let store = try await PostgresStore(database)
      let upkeep = OutboxUpkeep(store.working)
      let worker = try #require(RequestID(bytes: [UInt8](repeating: 7, count: 16)))
      for (state, cause) in [(TransportState.State.closed, nil), (.halfOpen, "connect")] {
        let states = ["1-smtp", "2-sendgrid"].map {
          TransportState(transport: $0, state: state, cause: cause, since: .seconds(5))
        }
        try await upkeep.tell(states, of: worker)
        try await store.moveTime(by: .seconds(60))
      }
      let rows = try await database.query(
        """
        SELECT transport, state, cause, (seen_at = changed_at + interval '5 s')::bool AS timed
        FROM rekey.transport_state ORDER BY transport
        """, as: .ops)
      #expect(try rows.map { try $0.text("transport") } == ["1-smtp", "2-sendgrid"])
      for row in rows {
        #expect(try row.text("state") == "half_open")
        #expect(try row.text("cause") == "connect")
        #expect(try row.bool("timed"))
      }
    }
  }

  @Test func `a released suppression does not come back by a report that comes again`()
    async throws
  {
    try await TestDatabase.with { database in
      let store = try await PostgresStore(database)
      let vault = try store.contract.vault
      let suppressor = Suppressor(
        vault: vault, lifetime: WholeDuration(seconds: 3600), clock: store.store.clock
      ) { () throws(ResetError) in (0..<10).map { _ in UInt8.random(in: 0...255) } }
      let take = TakeProviderReports(
        store: store.store.reports, reader: store.store.reader, suppressor: suppressor,
        vault: vault, callers: { ["app"] },
        subscribers: { EventSubscribers(common: true, exceptions: []) })
      let address = try TestVault.address("ada@example.com")
      let report = ProviderReport(kind: .bounce, address: address, requestID: nil, id: "r-1")
      let key = try vault.addressKey(address, caller: "app")
      #expect(try await take(ProviderDelivery(provider: "ses", id: [1], reports: [report])))
      #expect(try await store.store.suppressions.contains(key))
      try await database.script("DELETE FROM rekey.suppression", as: .ops)
      for (call, isNew) in [(UInt8(1), false), (2, true), (2, false)] {
        let delivery = ProviderDelivery(provider: "ses", id: [call], reports: [report])
        #expect(try await take(delivery) == isNew)
        #expect(try await store.store.suppressions.contains(key) == false)
      }
    }
  }
}
