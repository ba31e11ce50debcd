import Support
import Testing

@testable import PasswordReset

@Suite struct VerifyTokenTests {
  private let vault: Vault
  private let token: String

  init() throws {
    vault = try Sample.vault()
    token = try vault.mint(.reset, for: Sample.id())
  }

  private func verify(
    _ reader: any RequestReader, now: Timestamp? = .after(60), retention: Int64 = 86_400
  ) -> VerifyToken {
    VerifyToken(
      reader: reader, vault: vault, clock: StoppedClock(time: now),
      retention: WholeDuration(seconds: retention))
  }

  private func refusal(_ answer: VerifyToken.Answer) -> TokenRefusal? {
    if case .dead(let refusal, _) = answer { refusal } else { nil }
  }

  @Test func `a live token names its request`() async throws {
    let store = OneRequest(try Row().stored(in: vault))
    guard case .live(let request) = try await verify(store)(token, for: "shop") else {
      Issue.record("not live")
      return
    }
    #expect(try request.id == Sample.id())
    #expect(try store.calls == [Sample.id()])
  }

  @Test(arguments: [
    "", "x", String(repeating: "A", count: 72), String(TokenTests.golden.dropLast()) + "A",
  ])
  func `a text that is no token costs no call to the store`(_ text: String) async throws {
    let store = OneRequest(try Row().stored(in: vault))
    let answer = try await verify(store)(text, for: "shop")
    #expect(refusal(answer) == .invalid && store.calls.isEmpty)
  }

  @Test func `a text that is no token is refused also where the store is not there`() async throws {
    #expect(refusal(try await verify(Unreachable())("x")) == .invalid)
    await #expect(throws: ResetError.unavailable) { try await verify(Unreachable())(token) }
  }

  @Test func `another caller's token is as if it had never been made`() async throws {
    for row in [Row(), Row(consumedAt: .after(1)), Row(readAt: .after(9999))] {
      let store = OneRequest(try row.stored(in: vault))
      let answer = try await verify(store)(token, for: "blog")
      guard case .dead(.invalid, nil) = answer else {
        Issue.record("\(answer)")
        return
      }
    }
  }

  @Test func `the link itself proves itself, whoever's it is`() async throws {
    let store = OneRequest(try Row(caller: "blog").stored(in: vault))
    #expect(refusal(try await verify(store)(token)) == nil)
  }

  @Test func `a dead token names its cause and its request`() async throws {
    let store = OneRequest(try Row(consumedAt: .after(1)).stored(in: vault))
    guard case .dead(.used(let at), let request?) = try await verify(store)(token, for: "shop")
    else {
      Issue.record("not used")
      return
    }
    #expect(try at == .after(1) && request.id == Sample.id())
  }

  // MARK: Without a row

  @Test func `a token whose row was purged has expired, a younger one is unknown`() async throws {
    let made = try Sample.id().createdAt
    let retention: Int64 = 86_400
    for (later, expected) in [
      (retention, TokenRefusal.invalid), (retention + 1, .expired), (0, .invalid),
    ] {
      let verify = verify(
        OneRequest(nil), now: made.advanced(bySeconds: later), retention: retention)
      #expect(refusal(try await verify(token)) == expected)
    }
  }

  @Test func `without the database's time nothing is said about a missing row`() async throws {
    await #expect(throws: ResetError.unavailable) {
      try await verify(OneRequest(nil), now: nil)(token)
    }
  }
}
