import Support
import Testing

@testable import PasswordReset

@Suite struct ConsumeTokenTests {
  private let vault: Vault
  private let token: String

  init() throws {
    vault = try Sample.vault()
    token = try vault.mint(.reset, for: Sample.id())
  }

  private func consume(
    _ consumer: any TokenConsumer, token: String? = nil, by caller: String = "shop",
    version: String? = nil, key: String? = nil, now: Timestamp = .after(60)
  ) async throws -> ConsumeToken.Answer {
    let verify = VerifyToken(
      reader: Unreachable(), vault: vault, clock: StoppedClock(time: now),
      retention: WholeDuration(seconds: 86_400))
    let book = CallerBook(common: try Sample.settings(), own: [:])
    return try await ConsumeToken(
      consumer: consumer, vault: vault, verify: verify, callers: Reloadable(book))(
        token ?? self.token, by: caller, accountVersion: version,
        key: key.flatMap(IdempotencyKey.init)
      ).answer
  }

  private func consume(
    _ row: Row, token: String? = nil, by caller: String = "shop", version: String? = nil,
    key: String? = nil
  ) async throws -> ConsumeToken.Answer {
    try await consume(
      OneRequest(row.stored(in: vault)), token: token, by: caller, version: version, key: key)
  }

  private func refusal(_ answer: ConsumeToken.Answer) -> TokenRefusal? {
    if case .refused(let refusal) = answer { refusal } else { nil }
  }

  private func isConsumed(_ answer: ConsumeToken.Answer, at time: Timestamp) throws -> Bool {
    guard case .consumed(let id, let details, let at) = answer else { return false }
    return try id == Sample.id() && details.email == Sample.address() && at == time
  }

  // MARK: Once

  @Test func `a live token is consumed and says whose it was`() async throws {
    let details = try Sample.details(.known(Sample.account()))
    let answer = try await consume(Row(details: details))
    #expect(try isConsumed(answer, at: .after(60)))
    guard case .consumed(_, let said, _) = answer else { return }
    #expect(try said.account == Sample.account())
  }

  @Test func `a text that is no token costs no call to the store`() async throws {
    let store = OneRequest(try Row().stored(in: vault))
    for text in ["", "x", String(token.dropLast()), token + "A", String(token.dropLast()) + "A"] {
      #expect(refusal(try await consume(store, token: text)) == .invalid)
    }
    #expect(store.calls.isEmpty)
    #expect(refusal(try await consume(Unreachable(), token: "x")) == .invalid)
  }

  @Test func `a store that is not there is a fault and no verdict`() async throws {
    await #expect(throws: ResetError.unavailable) { try await consume(Unreachable()) }
  }

  @Test(arguments: [
    (
      Row(
        consumedAt: .after(1), revokedAt: .after(2), revokeReason: .invalidated,
        readAt: .after(9999)),
      TokenRefusal.used(at: .after(1))
    ),
    (
      Row(revokedAt: .after(2), revokeReason: .invalidated, readAt: .after(9999)),
      .revoked(at: .after(2), reason: .invalidated)
    ),
    (
      Row(revokedAt: .after(2), revokeReason: .siblingConsumed),
      .revoked(at: .after(2), reason: .siblingConsumed)
    ),
    (Row(replacedAt: .after(2), readAt: .after(9999)), .replaced(at: .after(2))),
    (Row(readAt: .after(1800)), .expired),
  ])
  func `a dead token says the first cause there is`(_ row: Row, _ expected: TokenRefusal)
    async throws
  {
    #expect(refusal(try await consume(row)) == expected)
    #expect(refusal(try await consume(row, key: "new")) == expected)
  }

  @Test func `another caller's token is as if it had never been made`() async throws {
    let key = try vault.consumerKey(#require(IdempotencyKey("k")), caller: "blog")
    for row in [Row(), Row(consumedAt: .after(1), consumerKey: key), Row(readAt: .after(9999))] {
      #expect(refusal(try await consume(row, by: "blog", version: "v0", key: "k")) == .invalid)
    }
  }

  @Test func `a token without a row is unknown while it is young and expired when it is old`()
    async throws
  {
    let made = try Sample.id().createdAt
    let old = made.advanced(bySeconds: 86_401)
    let young = made.advanced(bySeconds: 86_400)
    #expect(refusal(try await consume(OneRequest(nil), now: young)) == .invalid)
    #expect(refusal(try await consume(OneRequest(nil), now: old)) == .expired)
  }

  // MARK: The account's version

  @Test(
    arguments: [
      ("v1", "v1", true), ("v1", "v2", false), ("v1", "", false), ("v1", "V1", false),
      ("", "", true), ("", "v1", false), (nil, "", true), (nil, "v1", false),
      ("\u{E9}", "e\u{301}", false), ("v1", "v1\0", false),
    ] as [(String?, String, Bool)])
  func `a version that differs leaves the token unused`(
    _ stored: String?, _ given: String, _ same: Bool
  ) async throws {
    let details = try Sample.details(.known(Sample.account(version: stored)))
    let answer = try await consume(Row(details: details), version: given)
    if case .accountChanged = answer { #expect(!same) } else { #expect(same) }
  }

  @Test func `nothing is compared where no version is given or no account is known`() async throws {
    let details = try Sample.details(.known(Sample.account(version: "v1")))
    #expect(try isConsumed(try await consume(Row(details: details)), at: .after(60)))
    #expect(try isConsumed(try await consume(Row(), version: "v1"), at: .after(60)))
  }

  @Test func `a dead token says why it is dead, not that the account has changed`() async throws {
    let details = try Sample.details(.known(Sample.account(version: "v1")))
    let row = Row(details: details, readAt: .after(1800))
    #expect(refusal(try await consume(row, version: "v2")) == .expired)
  }

  // MARK: A lost answer

  @Test func `the call that consumed repeats, with the moment of the first time`() async throws {
    let key = try vault.consumerKey(#require(IdempotencyKey("k")), caller: "shop")
    var row = Row(consumedAt: .after(1), consumerKey: key, readAt: .after(90_000))
    #expect(try isConsumed(try await consume(row, key: "k"), at: .after(1)))
    // Also where a sibling's consume would have revoked it.
    (row.revokedAt, row.revokeReason) = (.after(2), .invalidated)
    #expect(try isConsumed(try await consume(row, key: "k"), at: .after(1)))
  }

  @Test func `any other call is refused`() async throws {
    let key = try vault.consumerKey(#require(IdempotencyKey("k")), caller: "shop")
    let row = Row(consumedAt: .after(1), consumerKey: key)
    for other in ["K", "kk", nil] {
      #expect(refusal(try await consume(row, key: other)) == .used(at: .after(1)))
    }
    let keyless = Row(consumedAt: .after(1))
    #expect(refusal(try await consume(keyless, key: "k")) == .used(at: .after(1)))
    #expect(refusal(try await consume(keyless)) == .used(at: .after(1)))
  }

  @Test func `a repeat is not measured against a newer account`() async throws {
    let key = try vault.consumerKey(#require(IdempotencyKey("k")), caller: "shop")
    let details = try Sample.details(.known(Sample.account(version: "v1")))
    let row = Row(details: details, consumedAt: .after(1), consumerKey: key)
    #expect(try isConsumed(try await consume(row, version: "v2", key: "k"), at: .after(1)))
  }

  @Test func `the store is given the key's hash, and none without a key`() async throws {
    let store = OneRequest(try Row().stored(in: vault))
    _ = try await consume(store, key: "k")
    _ = try await consume(store)
    let key = try vault.consumerKey(#require(IdempotencyKey("k")), caller: "shop")
    #expect(store.consumerKeys == [key, nil])
  }

  // MARK: Corrupt rows

  @Test func `a row that cannot be opened is not consumed`() async throws {
    let good = try Row().stored(in: vault)
    let bad = StoredRequest(
      id: good.id, sealed: good.sealed.reversed(), kid: good.kid, caller: good.caller,
      addressKey: good.addressKey, accountKey: nil, createdAt: good.createdAt, sentAt: nil,
      expiresAt: good.expiresAt, consumedAt: nil, consumerKey: nil, revokedAt: nil,
      revokeReason: nil, replacedAt: nil, droppedAt: nil, isWithdrawn: false,
      readAt: good.readAt)
    await #expect(throws: ResetError.cryptography) { try await consume(OneRequest(bad)) }
  }
}
