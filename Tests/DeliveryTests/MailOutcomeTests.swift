import PasswordReset
import ServiceLifecycleTestKit
import StoreContract
import Testing

@testable import Delivery

@Suite struct MailOutcomeTests {
  private func office(_ outcomes: DeliveryOutcome...) throws -> Office {
    var office = try Office()
    office.transports = outcomes.map { Transport($0) }
    office.settings.wantsEvents = true
    return office
  }

  // MARK: Tried again

  @Test func `a transient refusal is tried again, and nobody is told`() async throws {
    let office = try office(.greylisted)
    let end = try await office.deliver(office.message())
    let (pause, cause) = try #require(end.outcome.retried)
    #expect((1...10).contains(pause) && cause == "rcpt_451" && end.report == nil)
  }

  @Test func `pauses follow the failures, not the attempts`() async throws {
    var office = try office(.greylisted)
    office.schedule = RetrySchedule(base: WholeDuration(seconds: 1), cap: WholeDuration(seconds: 1))
    let end = try await office.deliver(office.message(.unasked, Draft(attempt: 90, failures: 3)))
    #expect(end.outcome.retried?.after == 1)
    let many = try self.office(.greylisted)
    for attempt in 1...20 {
      let message = try many.message(.unasked, Draft(attempt: attempt + 50))
      let last = try #require(try await many.attempt(message).last)
      #expect((1...10).contains(try #require(last.outcome.retried).after))
    }
  }

  @Test func `what may have arrived waits five minutes and keeps its message id`() async throws {
    var office = try Office()
    let transport = Transport(.uncertain(cause: "no_answer"), .delivered)
    office.transports = [transport, Transport()]
    let end = try await office.deliver(office.message())
    let (pause, cause) = try #require(end.outcome.retried)
    #expect((301...310).contains(pause) && cause == "uncertain_no_answer")
    _ = try await office.attempt(office.message(.unasked, Draft(attempt: 2, failures: 1)))
    #expect(transport.mails.count == 2 && Set(transport.mails.map(\.messageID)).count == 1)
  }

  @Test func `a pause that the other side asks for is kept`() async throws {
    let office = try office(.busy(120), .busy(60))
    let end = try await office.deliver(office.message())
    #expect((61...70).contains(try #require(end.outcome.retried).after))
  }

  // MARK: For good

  @Test func `a permanent refusal is a dead letter, and the main app is told`() async throws {
    let office = try office(.permanent(cause: "data_554_5.7.1"))
    let end = try await office.deliver(office.message())
    #expect(end.outcome == .dead(cause: "data_554_5.7.1") && end.report == .deliveryFailed)
    #expect(office.suppressions.state.value.added.isEmpty)
  }

  @Test func `an address that does not exist is suppressed, by name of who said so`() async throws {
    let office = try office(.broken, .permanent(cause: "rcpt_550_5.1.1", isRecipient: true))
    let end = try await office.deliver(office.message(.known(Sample.account())))
    #expect(end.outcome == .dead(cause: "rcpt_550_5.1.1") && end.report == .deliveryFailed)
    let suppression = try #require(office.suppressions.state.value.added.first)
    #expect(try suppression.addressKey == office.vault.addressKey(Sample.account().email))
    #expect(suppression.reason == .refused && suppression.source == "2-smtp")
    #expect(suppression.lifetime.seconds == 86_400)
  }

  @Test func `where it cannot be suppressed the mail is dead all the same`() async throws {
    let office = try office(.permanent(cause: "rcpt_550", isRecipient: true))
    office.suppressions.state.update { $0.fault = .unavailable }
    #expect(try await office.deliver(office.message()).outcome == .dead(cause: "rcpt_550"))
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
      let office = try office(failure)
      // Half a second is for this test itself.
      let message = try office.message(.unasked, Draft(kind: kind, age: limit - Int64(left)))
      let end = try await office.deliver(message, asked: .now + .milliseconds(500))
      #expect((end.outcome == outcome) == isLate)
      #expect(end.report == (isLate ? .deliveryFailed : nil))
    }
  }

  @Test func `the time since the claim counts too`() async throws {
    let office = try office(.greylisted)
    let message = try office.message(.unasked, Draft(age: 7195))
    #expect(
      try await office.deliver(message, asked: .now - .seconds(5)).outcome == .dropped(.expired))
  }

  // MARK: Interrupted

  @Test func `an attempt that is cancelled is handed back and counts for nothing`() async throws {
    for (outcome, expected) in [
      (DeliveryOutcome.transient(cause: "cancelled", blame: .message), AttemptOutcome.handedBack),
      (.broken, .handedBack), (.delivered, .sent), (.permanent(cause: "550"), .dead(cause: "550")),
    ] {
      var office = try Office()
      office.transports = [Transport(outcome) { withUnsafeCurrentTask { $0?.cancel() } }]
      let end = try await Task { [office] in try await office.deliver(office.message()) }.value
      #expect(end.outcome == expected)
    }
  }

  @Test func `what may have arrived is not handed back for another to send at once`() async throws {
    var office = try Office()
    office.transports = [
      Transport(.uncertain(cause: "cancelled")) { withUnsafeCurrentTask { $0?.cancel() } }
    ]
    let end = try await Task { [office] in try await office.deliver(office.message()) }.value
    #expect(try #require(end.outcome.retried).after > 300)
  }

  @Test func `stopped past its lease it sends nothing, and that is no failure`() async throws {
    var office = try Office()
    let transport = Transport()
    office.transports = [transport, transport]
    let end = try await office.deliver(office.message(), asked: .now - Sample.lease.duration)
    #expect(end.outcome == .handedBack && transport.mails.isEmpty)
  }

  // MARK: Written down

  @Test func `an end that cannot be written down is written again until it is`() async throws {
    var office = try Office()
    office.schedule.pausesOfFinish = [.zero, .zero, .zero]
    office.outbox.state.update { $0.finishFaults = [.unavailable, .overloaded] }
    let ends = try await office.attempt(office.message())
    #expect(ends.map(\.outcome) == [.sent, .sent, .sent])
    #expect(office.book.lines.value.count { $0.contains("outcome=sent") } == 1)
  }

  @Test func `told to end it does not wait for a store that is away`() async throws {
    var office = try Office()
    office.schedule.pausesOfFinish = [.seconds(3600), .seconds(3600)]
    office.outbox.state.update { $0.finishFaults = [.unavailable, .unavailable] }
    let (waiting, message) = (office, try office.message())
    let ends = try await testGracefulShutdown { end in
      end.triggerGracefulShutdown()
      return try await waiting.attempt(message)
    }
    #expect(ends.count == 1)
  }

  @Test func `in the end it is left to the lease`() async throws {
    var office = try Office()
    office.schedule.pausesOfFinish = [.zero, .zero]
    office.outbox.state.update { $0.finishFaults = [.unavailable, .unavailable, .unavailable] }
    #expect(try await office.attempt(office.message()).count == 2)
    #expect(office.book.lines.value.count { $0.contains("outcome=end_not_written") } == 1)
  }
}
