import PasswordReset
import Postgres
import Storage
import Support
import Testing

@Suite struct OperatorSuppressionTests {
  private static let hour = WholeDuration(seconds: 3600)

  private func suppression(
    _ number: UInt8, at now: Timestamp, reason: SuppressionReason = .manual,
    lifetime: WholeDuration = hour
  ) throws -> Suppression {
    let random = (0..<10).map { _ in UInt8.random(in: 0...255) }
    return Suppression(
      addressKey: try key(number), caller: "app",
      id: try #require(RequestID(at: now, random: random)),
      sealed: try seal(), reason: reason, source: "operator", lifetime: lifetime)
  }

  private func key(_ number: UInt8) throws -> KeyedHash {
    try #require(KeyedHash(bytes: Array(repeating: number, count: KeyedHash.size)))
  }

  private func seal() throws -> Vault.Sealed {
    let file = try Keyring.newFile(createdAt: "2026-01-01")
    let vault = Vault(keyring: Reloadable(try Keyring(file: file)), domains: NoDomains())
    let policy = EmailAddress.Policy(smtpUTF8: false, domains: NoDomains())
    let id = try #require(RequestID(bytes: Array(repeating: 1, count: 16)))
    return try vault.seal(try EmailAddress("ann@example.org", policy: policy), for: id)
  }

  private func with(_ body: (TestDatabase, OperatorSuppressions) async throws -> Void) async throws
  {
    try await TestDatabase.with { database in
      try await database.stopTime()
      let desk = OperatorSuppressions(url: try database.url(.ops))
      try await body(database, desk)
      await desk.close()
    }
  }

  private func all(
    _ desk: OperatorSuppressions, reason: SuppressionReason? = nil, limit: Int? = nil,
    page: Int = 5000
  ) async throws -> [SuppressedAddress] {
    var found: [SuppressedAddress] = []
    try await desk.list(reason: reason, limit: limit, page: page) {
      found += $0
      return true
    }
    return found
  }

  @Test func `the later end counts, and what was and is is told`() async throws {
    try await with { database, desk in
      let now = try await desk.now()
      let first = try await desk.add(try suppression(1, at: now))
      #expect(first.before == nil && first.now.until == now.advanced(bySeconds: 3600))
      let shorter = try await desk.add(
        try suppression(1, at: now, reason: .bounce, lifetime: WholeDuration(seconds: 3600)))
      #expect(shorter.now.id == first.now.id && shorter.now.reason == .manual)
      let longer = try await desk.add(
        try suppression(1, at: now, reason: .bounce, lifetime: WholeDuration(seconds: 3601)))
      #expect(longer.before?.id == first.now.id && longer.now.id != first.now.id)
      #expect(longer.now.reason == .bounce && longer.now.source == "operator")
      #expect(try await all(desk).count == 1)
      try await database.moveTime(by: .seconds(3601))
      let anew = try await desk.add(try suppression(1, at: now))
      #expect(anew.before == nil)
    }
  }

  @Test func `the list shows what counts now, the last added first, in pages`() async throws {
    try await with { database, desk in
      var ids: [RequestID] = []
      for number in 1...5 {
        let reason: SuppressionReason = number == 3 ? .complaint : .manual
        let entry = try suppression(UInt8(number), at: try await desk.now(), reason: reason)
        ids.insert(try await desk.add(entry).now.id, at: 0)
        try await database.moveTime(by: .seconds(1))
      }
      for page in [1, 2, 5, 6] { #expect(try await all(desk, page: page).map(\.id) == ids) }
      #expect(try await all(desk, limit: 3, page: 2).map(\.id) == Array(ids.prefix(3)))
      #expect(try await all(desk, limit: 0).isEmpty)
      #expect(try await all(desk, reason: .complaint).map(\.id) == [ids[2]])
      #expect(try await all(desk, reason: .bounce).isEmpty)
      // The first one ends at this microsecond.
      try await database.moveTime(by: .seconds(3595))
      #expect(try await all(desk).map(\.id) == Array(ids.prefix(4)))
    }
  }

  @Test func `an address is released by its key or by its id, once`() async throws {
    try await with { _, desk in
      let now = try await desk.now()
      let one = try await desk.add(try suppression(1, at: now)).now
      let two = try await desk.add(try suppression(2, at: now)).now
      #expect(one.caller == "app")
      #expect(try await desk.release([try key(3)]).isEmpty)
      #expect(try await desk.release([]).isEmpty)
      #expect(try await desk.release([try key(3), try key(1)]).map(\.id) == [one.id])
      #expect(try await desk.release([try key(1)]).isEmpty)
      #expect(try await desk.release(id: one.id) == nil)
      #expect(try await desk.release(id: two.id)?.id == two.id)
      #expect(try await all(desk).isEmpty)
    }
  }

  @Test func `what has ended by itself is not released`() async throws {
    try await with { database, desk in
      _ = try await desk.add(try suppression(1, at: try await desk.now()))
      try await database.moveTime(by: .seconds(3600))
      #expect(try await desk.release([try key(1)]).isEmpty)
    }
  }
}
