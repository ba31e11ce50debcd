import PasswordReset
import Testing

@testable import Delivery

@Suite struct HeldMessageTests {
  private let start = ContinuousClock.now
  private let outbox = ScriptedOutbox()
  private let messages = HeldMessages()

  private func held(
    _ number: Int = 1, attempt: Int = 1, asked: ContinuousClock.Instant? = nil
  ) throws -> HeldMessage {
    HeldMessage(
      try Draft(attempt: attempt, number: number).claimed(.orphan), asked: asked ?? start,
      lease: Sample.lease)
  }

  @Test func `a lease counts from before its claim was asked for and ends by itself`() throws {
    let message = try held()
    #expect(message.isHeld(at: start + .seconds(90) - .nanoseconds(1)))
    #expect(!message.isHeld(at: start + .seconds(90)))
    message.renew(asked: start + .seconds(60), lease: Sample.lease)
    #expect(message.isHeld(at: start + .seconds(149)) && !message.isHeld(at: start + .seconds(150)))
  }

  @Test func `a lost lease is not held at any time`() throws {
    let message = try held()
    message.lose()
    #expect(!message.isHeld(at: start) && !message.isHeld)
  }

  @Test func `what the store still holds is renewed, what it does not is lost`() async throws {
    let (kept, lost) = (try held(1, asked: start - .seconds(100)), try held(2))
    messages.add([kept])
    #expect(!kept.isHeld)
    await messages.renew(in: outbox, lease: Sample.lease)
    #expect(kept.isHeld)
    messages.remove(kept)
    messages.add([lost])
    outbox.state.update { $0.isLeaseLost = true }
    await messages.renew(in: outbox, lease: Sample.lease)
    #expect(!lost.isHeld)
    #expect(outbox.state.value.renewals == [[kept.message.id], [lost.message.id]])
  }

  @Test func `a store that is away neither renews nor takes a lease`() async throws {
    let message = try held()
    messages.add([message])
    outbox.state.update { $0.renewFault = .unavailable }
    await messages.renew(in: outbox, lease: Sample.lease)
    #expect(message.isHeld(at: start + .seconds(89)) && !message.isHeld(at: start + .seconds(90)))
  }

  @Test func `with nothing in hand the store is not asked`() async throws {
    let message = try held()
    messages.add([message])
    messages.remove(message)
    await messages.renew(in: outbox, lease: Sample.lease)
    #expect(outbox.state.value.renewals.isEmpty)
  }

  @Test func `claimed anew here, the earlier attempt has lost its lease`() async throws {
    let (earlier, later) = (try held(), try held(attempt: 2))
    messages.add([earlier])
    messages.add([later])
    #expect(!earlier.isHeld && later.isHeld)
    messages.remove(earlier)
    await messages.renew(in: outbox, lease: Sample.lease)
    #expect(outbox.state.value.renewals == [[later.message.id]] && !earlier.isHeld)
  }
}
