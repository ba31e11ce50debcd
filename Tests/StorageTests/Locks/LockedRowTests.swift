import PasswordReset
import Postgres
import StoreContract
import Testing

@testable import Storage

/// One row that somebody else holds locked: its message waits, and nobody else's does.
@Suite struct LockedRowTests {
  private static let ofOthers = (0..<20).map { Ask("p\($0)@example.com") }

  /// The one whose row gets locked; its caller finds it.
  private static func locked() throws -> Ask {
    try Ask("locked@example.com", account: "42").with(\.caller, "locked")
  }

  private static let request = "SELECT FROM rekey.reset_request WHERE caller = 'locked' FOR UPDATE"
  private static let account = """
    SELECT FROM rekey.account a
    WHERE a.key IN (SELECT account_key FROM rekey.reset_request WHERE caller = 'locked') FOR UPDATE
    """
  private static let message = """
    SELECT FROM rekey.outbox o JOIN rekey.reset_request r ON r.id = o.request_id
    WHERE r.caller = 'locked' FOR UPDATE OF o
    """

  @Test func `a claim hands a locked request's message back and takes the others`() async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      let store = try await PostgresStore(database)
      let (contract, outbox) = (try store.contract, store.store.outbox)
      let locked = try await contract.accept(try Self.locked())
      let others = try await contract.accept(Self.ofOthers)
      try await store.moveTime(by: .seconds(60))
      try await database.holding(Self.request) {
        let claimed = try await outbox.claim(atMost: 64, from: .mail)
        #expect(Set(claimed.map(\.requestID)) == Set(others))
        try await store.moveTime(by: .seconds(1) - .microseconds(1))
        #expect(try await outbox.claim(atMost: 64, from: .mail).isEmpty)
      }
      try await store.moveTime(by: .microseconds(1))
      let later = try await outbox.claim(atMost: 64, from: .mail)
      #expect(later.map(\.requestID) == [locked] && later.map(\.attempt) == [1])
    }
  }

  @Test func `a lost lease of a locked request is taken over when the lock is gone`() async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      let store = try await PostgresStore(database)
      let (contract, outbox) = (try store.contract, store.store.outbox)
      let locked = try await contract.accept(try Self.locked())
      let others = try await contract.accept(Self.ofOthers)
      #expect(try await outbox.claim(atMost: 64, from: .mail).count == 21)
      try await store.moveTime(by: .seconds(90))
      try await database.holding(Self.request) {
        let claimed = try await outbox.claim(atMost: 64, from: .suspects)
        #expect(Set(claimed.map(\.requestID)) == Set(others))
      }
      try await store.moveTime(by: .seconds(1))
      let later = try #require(try await outbox.claim(atMost: 64, from: .suspects).first)
      #expect(later.requestID == locked && later.attempt == 2 && later.lost == 1)
    }
  }

  @Test(arguments: [request, account, message])
  func `the ends of others are written in the same batch, and that of the locked one later`(
    lock: String
  ) async throws {
    try await TestDatabase.with { database in
      let store = try await PostgresStore(database)
      let (contract, outbox) = (try store.contract, store.store.outbox)
      _ = try await contract.mail(try Self.locked())
      _ = try await contract.accept(try Self.locked())
      _ = try await contract.accept(Self.ofOthers)
      let claimed = try await outbox.claim(atMost: 64, from: .mail)
      let one = try #require(claimed.first { $0.ready?.caller == "locked" })
      try await database.holding(lock) {
        // A statement that had waited for a lock would have failed.
        let ends = claimed.map { MessageEnd(message: $0, outcome: .sent, report: nil) }
        let written = try await Finishing(store.working).finish(ends, .together)
        #expect(written == claimed.map { $0.id == one.id ? nil : true })
        await #expect(throws: ResetError.unavailable) {
          try await outbox.finish(one, .sent, report: nil)
        }
      }
      #expect(try await outbox.finish(one, .sent, report: nil))
      #expect(try await database.number("SELECT count(*) FROM rekey.outbox") == 0)
      #expect(
        try await database.number(
          "SELECT cardinality(mailed) FROM rekey.account a JOIN rekey.reset_request r ON r.account_key = a.key LIMIT 1"
        ) == 2)
    }
  }

  @Test func `an end that needs nothing of the request is written while the request is locked`()
    async throws
  {
    try await TestDatabase.with { database in
      let store = try await PostgresStore(database)
      let (contract, outbox) = (try store.contract, store.store.outbox)
      _ = try await contract.accept(try Self.locked())
      let message = try #require(try await outbox.claim(atMost: 1, from: .mail).first)
      let retry = AttemptOutcome.retry(after: WholeDuration(seconds: 60), cause: "data_451")
      let isWritten = try await database.holding(Self.request) {
        try await outbox.finish(message, retry, report: nil)
      }
      #expect(isWritten)
    }
  }

  @Test func `an account row that somebody is just making keeps only its own link waiting`()
    async throws
  {
    try await TestDatabase.with { database in
      let store = try await PostgresStore(database)
      let (contract, outbox) = (try store.contract, store.store.outbox)
      _ = try await contract.accept(try Self.locked())
      _ = try await contract.accept(Self.ofOthers)
      let claimed = try await outbox.claim(atMost: 64, from: .mail)
      let one = try #require(claimed.first { $0.ready?.caller == "locked" })
      let making = """
        INSERT INTO rekey.account (key)
        SELECT account_key FROM rekey.reset_request WHERE caller = 'locked'
        """
      try await database.holding(making) {
        let ended = await outbox.ends(of: claimed)
        #expect(ended.count { $0.value == .success(true) } == 20)
        #expect(ended[one.id] == .failure(.unavailable))
      }
      #expect(try await outbox.finish(one, .sent, report: nil))
    }
  }

  @Test(arguments: [request, message])
  func `what is locked does not expire, and the others do`(lock: String) async throws {
    try await TestDatabase.with { database in
      try await database.stopTime()
      let store = try await PostgresStore(database)
      let contract = try store.contract
      let locked = try await contract.accept(try Self.locked())
      _ = try await contract.accept(Self.ofOthers)
      try await store.moveTime(by: .seconds(7200))
      let nobody = EventSubscribers(common: false, exceptions: [])
      let ended = try await database.holding(lock) {
        try await store.store.outbox.expire(atMost: 64, reports: nobody)
      }
      #expect(ended == 20)
      #expect(try await store.store.outbox.expire(atMost: 64, reports: nobody) == 1)
      #expect(try await store.store.reader.describe(locked, for: "locked")?.state == .expired)
    }
  }

  @Test func `a row that cannot be read fails alone`() async throws {
    try await TestDatabase.with { database in
      let store = try await PostgresStore(database)
      let (contract, reader) = (try store.contract, store.store.reader)
      let bad = try await contract.accept(try Self.locked())
      let others = try await contract.accept(Self.ofOthers)
      try await database.script(
        "UPDATE rekey.reset_request SET sealed = '\\x00' WHERE caller = 'locked'")
      let damaged = try #require(try await reader.find(bad))
      #expect(throws: ResetError.self) { try contract.vault.open(damaged) }
      try await database.script(
        """
        ALTER TABLE rekey.reset_request DROP CONSTRAINT reset_request_kid_check;
        UPDATE rekey.reset_request SET kid = '\\x01' WHERE caller = 'locked'
        """)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for id in others {
          group.addTask {
            let found = try #require(try await reader.find(id))
            _ = try contract.vault.open(found)
          }
        }
        group.addTask {
          await #expect(throws: ResetError.corrupt) { try await reader.find(bad) }
        }
        try await group.waitForAll()
      }
    }
  }
}

extension StoreContract {
  fileprivate func accept(_ asks: [Ask]) async throws -> [RequestID] {
    var ids: [RequestID] = []
    for ask in asks { ids.append(try await accept(ask)) }
    return ids
  }
}

extension ClaimedMessage {
  fileprivate var ready: Ready? { if case .ready(let ready) = content { ready } else { nil } }
}

extension Outbox {
  /// Sent, all at once.
  fileprivate func ends(
    of messages: [ClaimedMessage]
  ) async -> [RequestID: Result<Bool, ResetError>] {
    await withTaskGroup(of: (RequestID, Result<Bool, ResetError>).self) { group in
      for message in messages {
        group.addTask {
          do throws(ResetError) {
            return (message.id, .success(try await finish(message, .sent, report: nil)))
          } catch { return (message.id, .failure(error)) }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }
}
