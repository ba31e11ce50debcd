import PasswordReset
import Testing

@testable import Storage

/// What is refused from memory, until when, and what is not.
@Suite struct KnownRefusalsTests {
  private static let start = Timestamp(microseconds: 1_795_253_400_000_000)

  private let clock = SetClock(start)
  private let refusals: KnownRefusals
  private let drafts: Drafts
  private let asked = ContinuousClock.Instant.now

  init() throws {
    refusals = KnownRefusals(clock: clock)
    drafts = try Drafts(clock: clock)
  }

  private func learn(_ draft: RequestDraft, wait: Duration, clientWait: Duration? = nil) {
    refusals.learn(
      draft.limiterKey, draft.limits.address, wait: wait, at: Self.start, asked: asked,
      resets: refusals.resets)
    guard let clientWait, let client = draft.clientKey else { return }
    refusals.learn(
      client, draft.limits.client, wait: clientWait, at: Self.start, asked: asked,
      resets: refusals.resets)
  }

  @Test func `nothing is refused that the database has not refused`() async throws {
    let draft = try await drafts.draft(client: "192.0.2.1")
    #expect(refusals.answer(to: draft, at: asked) == nil)
    learn(draft, wait: .seconds(900))
    #expect(refusals.answer(to: try await drafts.draft("bob@example.com"), at: asked) == nil)
  }

  @Test func `a key is refused until it has room, and not a moment longer`() async throws {
    let draft = try await drafts.draft()
    learn(draft, wait: .milliseconds(300))
    let refused = RecordOutcome.limited(by: .address, retryAfter: 1)
    #expect(refusals.answer(to: draft, at: asked + .milliseconds(300) - .nanoseconds(1)) == refused)
    #expect(refusals.answer(to: draft, at: asked + .milliseconds(300)) == nil)
  }

  @Test func `nothing is believed for more than a second`() async throws {
    let draft = try await drafts.draft()
    learn(draft, wait: .seconds(900))
    // The first to ask after half of it goes to the database.
    #expect(refusals.answer(to: draft, at: asked + .milliseconds(999)) == nil)
    #expect(refusals.answer(to: draft, at: asked + .seconds(1) - .nanoseconds(1)) != nil)
    #expect(refusals.answer(to: draft, at: asked + .seconds(1)) == nil)
  }

  @Test func `one draft asks again in time, and the others are answered meanwhile`() async throws {
    let draft = try await drafts.draft()
    learn(draft, wait: .seconds(900))
    let half = asked + .milliseconds(500)
    #expect(refusals.answer(to: draft, at: half - .nanoseconds(1)) != nil)
    let answers = (0..<100).map { _ in refusals.answer(to: draft, at: half) }
    #expect(answers.count { $0 == nil } == 1 && answers.first == .some(nil))
    learn(draft, wait: .seconds(900))
    #expect(refusals.answer(to: draft, at: asked) != nil)
  }

  @Test func `a clock of the database that goes ahead makes room in time`() async throws {
    let draft = try await drafts.draft()
    learn(draft, wait: .seconds(10))
    clock.advance(bySeconds: 9)
    #expect(refusals.answer(to: draft, at: asked) == .limited(by: .address, retryAfter: 1))
    clock.advance(bySeconds: 1)
    #expect(refusals.answer(to: draft, at: asked) == nil)
  }

  @Test func `the address is named first, and the longer wait is told`() async throws {
    let draft = try await drafts.draft(client: "192.0.2.1")
    learn(draft, wait: .seconds(240), clientWait: .seconds(1200))
    #expect(refusals.answer(to: draft, at: asked) == .limited(by: .address, retryAfter: 1200))
    let other = try await drafts.draft("bob@example.com", client: "192.0.2.1")
    #expect(refusals.answer(to: other, at: asked) == .limited(by: .client, retryAfter: 1200))
    let alone = try await drafts.draft()
    #expect(refusals.answer(to: alone, at: asked) == .limited(by: .address, retryAfter: 240))
  }

  @Test func `what may be a repeat is left to the database`() async throws {
    learn(try await drafts.draft(), wait: .seconds(900))
    #expect(refusals.answer(to: try await drafts.draft(key: "k-1"), at: asked) == nil)
  }

  @Test func `one set of limits says nothing of another`() async throws {
    learn(try await drafts.draft(), wait: .seconds(900))
    #expect(refusals.answer(to: try await drafts.draft(limits: "4/15m"), at: asked) == nil)
  }

  @Test func `a reset forgets all, and what was asked before it`() async throws {
    let draft = try await drafts.draft()
    learn(draft, wait: .seconds(900))
    let before = refusals.resets
    refusals.forget()
    #expect(refusals.answer(to: draft, at: asked) == nil)
    refusals.learn(
      draft.limiterKey, draft.limits.address, wait: .seconds(900), at: Self.start, asked: asked,
      resets: before)
    #expect(refusals.answer(to: draft, at: asked) == nil)
    learn(draft, wait: .seconds(900))
    #expect(refusals.answer(to: draft, at: asked) != nil)
  }

  @Test func `so many keys and no more are remembered, the newest of them`() async throws {
    let limits = try await drafts.draft().limits.address
    let pepper = try Keyring(file: Keyring.newFile(createdAt: "2026-01-01")).pepper
    for number in 0..<100_000 {
      refusals.learn(
        try pepper.hash(.limiter, Array("\(number)".utf8)), limits, wait: .seconds(900),
        at: Self.start, asked: asked, resets: 0)
    }
    #expect((32_768...65_536).contains(refusals.count))
    let draft = try await drafts.draft()
    learn(draft, wait: .seconds(900))
    #expect(refusals.answer(to: draft, at: asked) != nil)
  }
}
