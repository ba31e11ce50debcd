import Support
import Testing

@testable import PasswordReset

@Suite struct RequestResetTests {
  private let vault: Vault
  private let recorder = Recorder()

  init() throws { vault = try Sample.vault() }

  private func reset(
    _ recorder: any RequestRecorder, now: Timestamp? = Sample.moment,
    random: @escaping @Sendable () throws(ResetError) -> [UInt8] = { Array(1...20) }
  ) -> RequestReset {
    RequestReset(
      recorder: recorder, vault: vault, clock: StoppedClock(time: now), random: random)
  }

  private func draft(
    _ claim: AccountClaim = .unasked, directory: DirectoryMode = .none,
    client: ClientAddress? = nil,
    repeatable: (key: IdempotencyKey, body: [UInt8])? = nil
  ) async throws -> RequestDraft {
    _ = try await reset(recorder)(
      Sample.details(claim), client: client, from: Sample.caller(directory: directory),
      repeatable: repeatable)
    return try #require(recorder.drafts.last)
  }

  // MARK: What is written down

  @Test func `a request has an id of the database's time and random bytes`() async throws {
    let draft = try await draft()
    #expect(draft.id.createdAt == Timestamp(microseconds: 1_795_253_400_123_000))
    #expect(draft.id == RequestID(at: Sample.moment, random: Array(1...10)))
  }

  @Test func `what is personal is sealed for this request`() async throws {
    let draft = try await draft(.known(Sample.account()))
    let details = try vault.open(draft.sealed.bytes, kid: draft.sealed.kid, for: draft.id)
    #expect(try details == Sample.details(.known(Sample.account())))
    #expect(throws: ResetError.cryptography) {
      try vault.open(
        draft.sealed.bytes, kid: draft.sealed.kid,
        for: #require(RequestID(at: Sample.moment, random: Array(11...20))))
    }
  }

  @Test func `the draft carries keyed hashes, its caller and the caller's limits`() async throws {
    let client = try #require(ClientAddress("203.0.113.7"))
    let draft = try await draft(client: client)
    #expect(draft.caller == "shop")
    #expect(try draft.addressKey == vault.addressKey(Sample.address(), caller: "shop"))
    #expect(try draft.limiterKey == vault.limiterKey(Sample.address(), caller: "shop"))
    #expect(try draft.clientKey == vault.limiterKey(client, caller: "shop"))
    #expect(
      draft.limits.address.description == "3/15m" && draft.limits.client.description == "20/1h")
    #expect(draft.idempotency == nil)
    #expect(try await self.draft().clientKey == nil)
  }

  @Test func `a repeatable call carries the hashes of its key and body`() async throws {
    let key = try #require(IdempotencyKey("k"))
    let draft = try await draft(repeatable: (key, [1, 2, 3]))
    #expect(try draft.idempotency?.key == vault.idempotencyKey(key, caller: "shop"))
    #expect(try draft.idempotency?.bodyHash == vault.bodyHash([1, 2, 3]))
  }

  // MARK: Whose links die together

  @Test func `a named account shares its key with its other links`() async throws {
    for mode in DirectoryMode.allCases {
      let draft = try await draft(.known(Sample.account()), directory: mode)
      #expect(try draft.accountKey == vault.accountKey(id: "42", caller: "shop"))
    }
  }

  @Test func `where no account is named there is no key but the address's`() async throws {
    for mode in DirectoryMode.allCases {
      #expect(try await draft(.unasked, directory: mode).accountKey == nil)
      #expect(try await draft(.none, directory: mode).accountKey == nil)
    }
  }

  @Test func `known, unknown and unasked addresses make drafts of one size`() async throws {
    var sizes: Set<Int> = []
    for claim in [AccountClaim.unasked, .none, .known(try Sample.account())] {
      sizes.insert(try await draft(claim).sealed.bytes.count)
    }
    #expect(sizes.count == 1)
  }

  // MARK: Answers and faults

  @Test(arguments: [
    RecordOutcome.conflict, .limited(by: .address, retryAfter: 7),
    .limited(by: .client, retryAfter: 1),
  ])
  func `the store's answer is the answer`(_ outcome: RecordOutcome) async throws {
    let answer = try await reset(Recorder(answer: outcome))(
      Sample.details(), client: nil, from: Sample.caller())
    #expect(answer == outcome)
  }

  @Test func `without the database's time nothing is written`() async throws {
    await #expect(throws: ResetError.unavailable) {
      try await reset(recorder, now: nil)(Sample.details(), client: nil, from: Sample.caller())
    }
    #expect(recorder.drafts.isEmpty)
  }

  @Test func `without random bytes, or with too few, nothing is written`() async throws {
    await #expect(throws: ResetError.cryptography) {
      try await reset(recorder, random: { () throws(ResetError) in throw .cryptography })(
        Sample.details(), client: nil, from: Sample.caller())
    }
    await #expect(throws: ResetError.cryptography) {
      try await reset(recorder, random: { Array(1...9) })(
        Sample.details(), client: nil, from: Sample.caller())
    }
    #expect(recorder.drafts.isEmpty)
  }

  @Test func `a store that is not there is a fault`() async throws {
    await #expect(throws: ResetError.unavailable) {
      try await reset(Unreachable())(Sample.details(), client: nil, from: Sample.caller())
    }
  }
}
