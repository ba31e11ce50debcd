import Formats
import Support
import Testing

@testable import PasswordReset

@Suite struct AskAgainTests {
  private let vault: Vault
  private let token: String
  private let recorder = Recorder()

  init() throws {
    vault = try Sample.vault()
    token = try vault.mint(.reset, for: Sample.id())
  }

  private func again(
    _ text: String, _ store: any RequestReader, directory: DirectoryMode = .none,
    recorder: (any RequestRecorder)? = nil
  ) async throws -> RecordOutcome? {
    let book = CallerBook(
      common: try Sample.settings(limits: "9/1d"),
      own: ["shop": try Sample.settings(directory: directory, limits: "2/1h")])
    let request = RequestReset(
      recorder: recorder ?? self.recorder, vault: vault, clock: StoppedClock(),
      random: { Array(1...20) })
    return try await AskAgain(
      request: request, reader: store, vault: vault, callers: Reloadable(book))(text)?.outcome
  }

  private func draftDetails() throws -> RequestDetails {
    let draft = try #require(recorder.drafts.last)
    return try vault.open(draft.sealed.bytes, kid: draft.sealed.kid, for: draft.id)
  }

  @Test func `a new request is made as the first one was, by its caller and within its limits`()
    async throws
  {
    let details = try Sample.details(
      .known(Sample.account()), data: .object(["name": .string("Ada")]))
    let outcome = try await again(token, OneRequest(Row(details: details).stored(in: vault)))
    let draft = try #require(recorder.drafts.last)
    #expect(outcome == .accepted(draft.id))
    #expect(try draft.id != Sample.id())
    #expect(try draftDetails() == details)
    #expect(draft.caller == "shop" && draft.limits.address.description == "2/1h")
    #expect(draft.clientKey == nil && draft.idempotency == nil)
    #expect(try draft.limiterKey == vault.limiterKey(Sample.address(), caller: "shop"))
  }

  @Test(arguments: [
    Row(), Row(consumedAt: .after(1)), Row(replacedAt: .after(1)),
    Row(revokedAt: .after(1), revokeReason: .invalidated), Row(readAt: .after(90_000)),
  ])
  func `the link may be live or dead in any way`(_ row: Row) async throws {
    #expect(try await again(token, OneRequest(row.stored(in: vault))) != nil)
    #expect(recorder.drafts.count == 1)
  }

  @Test(arguments: [
    (Row(readAt: .after(86_399)), true), (Row(readAt: .after(86_400)), false),
    (Row(replacedAt: .after(1)), true),
    (Row(revokedAt: .after(1), revokeReason: .invalidated), false),
    (Row(revokedAt: .after(1), revokeReason: .siblingConsumed), false),
    (Row(revokedAt: .after(1), revokeReason: .completed), false),
    (Row(consumedAt: .after(1)), false),
  ])
  func `an account that the main app named is taken for a day, until it may have changed`(
    _ row: Row, _ isTaken: Bool
  ) async throws {
    var row = row
    row.details = try Sample.details(.known(Sample.account()))
    #expect((try await again(token, OneRequest(row.stored(in: vault))) != nil) == isTaken)
    #expect(recorder.drafts.count == (isTaken ? 1 : 0))
    let asked = try await again(token, OneRequest(row.stored(in: vault)), directory: .http)
    #expect(asked != nil)
  }

  @Test(arguments: [DirectoryMode.http, .sql])
  func `a directory is asked anew, whatever was known`(_ mode: DirectoryMode) async throws {
    for claim in [AccountClaim.known(try Sample.account()), .none, .unasked] {
      let row = Row(details: try Sample.details(claim))
      _ = try await again(token, OneRequest(row.stored(in: vault)), directory: mode)
      #expect(try draftDetails().claim == .unasked)
      #expect(try draftDetails().email == Sample.address())
      #expect(recorder.drafts.last?.accountKey == nil)
    }
  }

  @Test func `without a directory the claim stays, also that there is no account`() async throws {
    for claim in [AccountClaim.known(try Sample.account()), .none, .unasked] {
      let row = Row(details: try Sample.details(claim))
      _ = try await again(token, OneRequest(row.stored(in: vault)))
      #expect(try draftDetails().claim == claim)
    }
  }

  @Test func `a caller without settings of its own has the common ones`() async throws {
    _ = try await again(token, OneRequest(Row(caller: "blog").stored(in: vault)))
    #expect(recorder.drafts.last?.caller == "blog")
    #expect(recorder.drafts.last?.limits.address.description == "9/1d")
  }

  @Test(arguments: ["", "x", String(repeating: "A", count: 72)])
  func `a text that is no token asks for nothing and costs no call to the store`(_ text: String)
    async throws
  {
    let store = OneRequest(try Row().stored(in: vault))
    #expect(try await again(text, store) == nil)
    #expect(store.calls.isEmpty && recorder.drafts.isEmpty)
  }

  @Test func `a token whose request is no longer kept asks for nothing`() async throws {
    #expect(try await again(token, OneRequest(nil)) == nil)
    #expect(recorder.drafts.isEmpty)
  }

  @Test func `a limit is passed on, and so is a fault`() async throws {
    let store = OneRequest(try Row().stored(in: vault))
    let limited = RecordOutcome.limited(by: .address, retryAfter: 60)
    #expect(try await again(token, store, recorder: Recorder(answer: limited)) == limited)
    await #expect(throws: ResetError.unavailable) { try await again(token, Unreachable()) }
    await #expect(throws: ResetError.unavailable) {
      try await again(token, store, recorder: Unreachable())
    }
  }
}
