import PasswordReset
import ServiceLifecycleTestKit
import StoreContract
import Testing

@testable import Delivery

@Suite struct MailOutcomeTests {
  private func fixture(_ outcomes: DeliveryOutcome...) throws -> MailFixture {
    var fixture = try MailFixture()
    fixture.transports = outcomes.map { Transport($0) }
    fixture.settings.wantsEvents = true
    return fixture
  }

  // MARK: Tried again

  @Test func `a transient refusal is tried again, and nobody is told`() async throws {
    let fixture = try fixture(.greylisted)
    let end = try await fixture.deliver(fixture.message())
    let (pause, cause) = try #require(end.outcome.retried)
    #expect((1...10).contains(pause) && cause == "rcpt_451" && end.report == nil)
  }

  @Test func `pauses follow the failures, not the attempts`() async throws {
    var fixture = try fixture(.greylisted)
    fixture.schedule = RetrySchedule(
      base: WholeDuration(seconds: 1), cap: WholeDuration(seconds: 1))
    let end = try await fixture.deliver(fixture.message(.unasked, Draft(attempt: 90, failures: 3)))
    #expect(end.outcome.retried?.after == 1)
    let many = try self.fixture(.greylisted)
    for attempt in 1...20 {
      let message = try many.message(.unasked, Draft(attempt: attempt + 50))
      let last = try #require(try await many.attempt(message).last)
      #expect((1...10).contains(try #require(last.outcome.retried).after))
    }
  }

  @Test func `what may have arrived waits five minutes and keeps its message id`() async throws {
    var fixture = try MailFixture()
    let transport = Transport(.uncertain(cause: "no_answer"), .delivered)
    fixture.transports = [transport, Transport()]
    let end = try await fixture.deliver(fixture.message())
    let (pause, cause) = try #require(end.outcome.retried)
    #expect((301...310).contains(pause) && cause == "uncertain_no_answer")
    _ = try await fixture.attempt(fixture.message(.unasked, Draft(attempt: 2, failures: 1)))
    #expect(transport.mails.count == 2 && Set(transport.mails.map(\.messageID)).count == 1)
  }

  @Test func `a pause that the other side asks for is kept`() async throws {
    let fixture = try fixture(.busy(120), .busy(60))
    let end = try await fixture.deliver(fixture.message())
    #expect((61...70).contains(try #require(end.outcome.retried).after))
  }

  // MARK: For good

  @Test func `a permanent refusal is a dead letter, and the main app is told`() async throws {
    let fixture = try fixture(.permanent(cause: "data_554_5.7.1"))
    let end = try await fixture.deliver(fixture.message())
    #expect(end.outcome == .dead(cause: "data_554_5.7.1") && end.report == .deliveryFailed)
    #expect(fixture.suppressions.state.value.added.isEmpty)
  }

  @Test func `an address that does not exist is suppressed, by name of who said so`() async throws {
    let fixture = try fixture(.broken, .permanent(cause: "rcpt_550_5.1.1", isRecipient: true))
    let end = try await fixture.deliver(fixture.message(.known(Sample.account())))
    #expect(end.outcome == .dead(cause: "rcpt_550_5.1.1") && end.report == .deliveryFailed)
    let suppression = try #require(fixture.suppressions.state.value.added.first)
    #expect(
      try suppression.addressKey
        == fixture.vault.addressKey(Sample.account().email, caller: "shop"))
    #expect(suppression.caller == "shop")
    #expect(suppression.reason == .refused && suppression.source == "2-smtp")
    #expect(suppression.lifetime.seconds == 86_400)
  }

  @Test func `where it cannot be suppressed the mail is dead all the same`() async throws {
    let fixture = try fixture(.permanent(cause: "rcpt_550", isRecipient: true))
    fixture.suppressions.state.update { $0.fault = .unavailable }
    #expect(try await fixture.deliver(fixture.message()).outcome == .dead(cause: "rcpt_550"))
  }

  @Test(arguments: [
    (MessageKind.link, AttemptOutcome.dropped(.expired)), (.noAccount, .dropped(.expired)),
    (.changed, .dead(cause: "gave_up")),
  ])
  func `where the next try would come too late there is none`(
    _ kind: MessageKind, _ outcome: AttemptOutcome
  ) async throws {
    let limit = Sample.giveUp.limit(for: kind).seconds
    for (left, failure, isLate) in [
      (1, DeliveryOutcome.greylisted, true), (2, .greylisted, false),
      (301, .uncertain(cause: "x"), true), (302, .uncertain(cause: "x"), false),
      (61, .busy(60), true), (62, .busy(60), false),
    ] {
      let fixture = try fixture(failure)
      // Half a second is for this test itself.
      let message = try fixture.message(.unasked, Draft(kind: kind, age: limit - Int64(left)))
      let end = try await fixture.deliver(message, asked: .now + .milliseconds(500))
      #expect((end.outcome == outcome) == isLate)
      #expect(end.report == (isLate ? .deliveryFailed : nil))
    }
  }

  @Test func `the time since the claim counts too`() async throws {
    let fixture = try fixture(.greylisted)
    let message = try fixture.message(.unasked, Draft(age: 7195))
    #expect(
      try await fixture.deliver(message, asked: .now - .seconds(5)).outcome == .dropped(.expired))
  }

  // MARK: Interrupted

  @Test func `an attempt that is cancelled is handed back and counts for nothing`() async throws {
    for (outcome, expected) in [
      (DeliveryOutcome.transient(cause: "cancelled", blame: .message), AttemptOutcome.handedBack),
      (.broken, .handedBack), (.delivered, .sent), (.permanent(cause: "550"), .dead(cause: "550")),
    ] {
      var fixture = try MailFixture()
      fixture.transports = [Transport(outcome) { withUnsafeCurrentTask { $0?.cancel() } }]
      let end = try await Task { [fixture] in try await fixture.deliver(fixture.message()) }.value
      #expect(end.outcome == expected)
    }
  }

  @Test func `what may have arrived is not handed back for another to send at once`() async throws {
    var fixture = try MailFixture()
    fixture.transports = [
      Transport(.uncertain(cause: "cancelled")) { withUnsafeCurrentTask { $0?.cancel() } }
    ]
    let end = try await Task { [fixture] in try await fixture.deliver(fixture.message()) }.value
    #expect(try #require(end.outcome.retried).after > 300)
  }

  @Test func `stopped past its lease it sends nothing, and that is no failure`() async throws {
    var fixture = try MailFixture()
    let transport = Transport()
    fixture.transports = [transport, transport]
    let end = try await fixture.deliver(fixture.message(), asked: .now - Sample.lease.duration)
    #expect(end.outcome == .handedBack && transport.mails.isEmpty)
  }

  // MARK: Written down

  @Test func `an end that cannot be written down is written again until it is`() async throws {
    var fixture = try MailFixture()
    fixture.schedule.pausesOfFinish = [.zero, .zero, .zero]
    fixture.outbox.state.update { $0.finishFaults = [.unavailable, .overloaded] }
    let ends = try await fixture.attempt(fixture.message())
    #expect(ends.map(\.outcome) == [.sent, .sent, .sent])
    #expect(fixture.book.lines.value.count { $0.contains("outcome=sent") } == 1)
  }

  @Test func `told to end it does not wait for a store that is away`() async throws {
    var fixture = try MailFixture()
    fixture.schedule.pausesOfFinish = [.seconds(3600), .seconds(3600)]
    fixture.outbox.state.update { $0.finishFaults = [.unavailable, .unavailable] }
    let (waiting, message) = (fixture, try fixture.message())
    let ends = try await testGracefulShutdown { end in
      end.triggerGracefulShutdown()
      return try await waiting.attempt(message)
    }
    #expect(ends.count == 1)
  }

  @Test func `in the end it is left to the lease`() async throws {
    var fixture = try MailFixture()
    fixture.schedule.pausesOfFinish = [.zero, .zero]
    fixture.outbox.state.update { $0.finishFaults = [.unavailable, .unavailable, .unavailable] }
    #expect(try await fixture.attempt(fixture.message()).count == 2)
    #expect(fixture.book.lines.value.count { $0.contains("outcome=end_not_written") } == 1)
  }
}
