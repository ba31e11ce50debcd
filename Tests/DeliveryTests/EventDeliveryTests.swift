import PasswordReset
import StoreContract
import Testing

@testable import Delivery

@Suite struct EventDeliveryTests {
  let clock = TestClock()
  let book = LogBook()
  let outbox = ScriptedOutbox()
  let vault: Vault

  init() throws { vault = try TestVault.make() }

  func delivery(_ apps: [String: any EventTransport], width: Int = 4) -> EventDelivery {
    EventDelivery(
      EventDelivery.Parts(
        outbox: outbox, vault: vault, transport: { apps[$0] }, giveUp: Sample.giveUp, width: width,
        poisonAfter: 5),
      logger: book.logger, now: { [clock] in clock.now })
  }

  func event(
    _ draft: Draft = Draft(), for caller: String = "shop", _ claim: AccountClaim = .unasked
  ) throws -> ClaimedMessage {
    var draft = draft
    (draft.kind, draft.caller) = (.event, caller)
    draft.event = draft.event ?? .requestConsumed
    return try draft.claimed(claim, in: vault)
  }

  func deliver(
    _ message: ClaimedMessage, by delivery: EventDelivery, asked: ContinuousClock.Instant = .now
  ) async throws -> AttemptOutcome {
    await delivery.deliver(HeldMessage(message, asked: asked, lease: Sample.lease))
    let finish = try #require(outbox.state.value.finishes.last)
    #expect(finish.message == message.id && finish.report == nil)
    return finish.outcome
  }

  // MARK: What is told

  @Test func `an event says what happened to whom, under its own id`() async throws {
    let app = App()
    let message = try event(
      Draft(event: .deliveryFailed, cause: "rcpt_550"), .known(Sample.account()))
    #expect(try await deliver(message, by: delivery(["shop": app])) == .sent)
    #expect(
      try app.events == [
        Event(
          id: message.id, type: .deliveryFailed, at: message.id.createdAt,
          requestID: message.requestID, accountID: "42", email: Sample.account().email,
          cause: "rcpt_550")
      ])
  }

  @Test func `without an account it names the typed address`() async throws {
    let app = App()
    _ = try await deliver(event(), by: delivery(["shop": app]))
    let told = try #require(app.events.first)
    #expect(told.accountID == nil && told.email.text == "ada@example.org" && told.cause == nil)
  }

  // MARK: How it ends

  @Test func `an app that wants no events any more gets none`() async throws {
    let end = try await deliver(event(), by: delivery([:]))
    #expect(end == .dead(cause: "events_not_configured"))
  }

  @Test(arguments: [
    (ClaimedMessage.Content.orphan, AttemptOutcome.dropped(.revoked)),
    (.revoked, .dropped(.revoked)), (.expired(caller: "shop"), .dead(cause: "gave_up")),
  ])
  func `without its request or too late it is not told`(
    _ content: ClaimedMessage.Content, _ expected: AttemptOutcome
  ) async throws {
    let app = App()
    let message = try Draft(kind: .event, event: .requestConsumed).claimed(content)
    #expect(try await deliver(message, by: delivery(["shop": app])) == expected)
    #expect(app.events.isEmpty)
  }

  @Test(arguments: [(4, false), (5, true)])
  func `what took its workers down too often is poison`(_ lost: Int, _ isPoison: Bool) async throws
  {
    let end = try await deliver(event(Draft(lost: lost)), by: delivery(["shop": App()]))
    #expect(end == (isPoison ? .dead(cause: "poison") : .sent))
  }

  @Test func `a permanent refusal is a dead letter`() async throws {
    let app = App(.permanent(cause: "http_410"))
    #expect(try await deliver(event(), by: delivery(["shop": app])) == .dead(cause: "http_410"))
  }

  @Test func `what fails or may have arrived is tried again without five minutes' wait`()
    async throws
  {
    for outcome in [DeliveryOutcome.broken, .uncertain(cause: "timeout")] {
      let end = try await deliver(event(), by: delivery(["shop": App(outcome)]))
      #expect((1...10).contains(try #require(end.retried).after))
    }
  }

  @Test func `pauses grow with the failures to an hour, and are those the app asks for`()
    async throws
  {
    let delivery = delivery(["shop": App(.busy(7200))])
    let asked = try #require(try await deliver(event(), by: delivery).retried)
    #expect((7201...7210).contains(asked.after))
    let late = Draft(failures: 30, age: 3 * 86_400 - 4)
    let end = try await deliver(event(late), by: self.delivery(["shop": App(.broken)]))
    #expect(try #require(end.retried).after == 1)
  }

  @Test func `where the next try would come too late it has given up`() async throws {
    let late = Draft(age: 3 * 86_400)
    let end = try await deliver(event(late), by: delivery(["shop": App(.broken)]))
    #expect(end == .dead(cause: "gave_up"))
  }

  @Test func `a row that no key opens is tried again`() async throws {
    let stranger = try EventDeliveryTests()
    let app = App()
    let end = try await deliver(stranger.event(), by: delivery(["shop": app]))
    #expect(end.retried?.cause == "sealed_request_not_opened" && app.events.isEmpty)
  }

  @Test func `stopped past its lease it tells nobody, and that is no failure`() async throws {
    let app = App()
    let asked = ContinuousClock.now - Sample.lease.duration
    #expect(try await deliver(event(), by: delivery(["shop": app]), asked: asked) == .handedBack)
    #expect(app.events.isEmpty)
  }

  @Test func `an attempt that is cancelled is handed back`() async throws {
    let app = App(.uncertain(cause: "cancelled")) { withUnsafeCurrentTask { $0?.cancel() } }
    let delivery = delivery(["shop": app])
    for number in 1...4 {
      let message = try event(Draft(number: number))
      let end = Task { try await deliver(message, by: delivery) }
      #expect(try await end.value == .handedBack)
    }
    #expect(app.events.count == 4)
  }
}
