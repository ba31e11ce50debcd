import PasswordReset
import ServiceLifecycleTestKit
import StoreContract
import Testing

@testable import Delivery

@Suite struct CourierTests {
  // MARK: The way of a mail

  @Test func `a mail goes to the account's stored address with its link, and is then sent`()
    async throws
  {
    var office = try Office()
    let transport = Transport()
    office.transport = transport
    let message = try office.message(.known(Sample.account()))
    #expect(try await office.deliver(message) == .sent)
    let letter = try #require(office.composer.letters.first)
    let token = try office.vault.mint(.reset, for: message.requestID)
    #expect(letter.link == "https://reset.example.com/reset/verify?token=\(token)")
    #expect(letter.to.text == "stored@example.net")
    #expect(letter.from.address.text == "no-reply@example.com" && letter.brand == "Shop")
    #expect(letter.messageID == message.id && letter.createdAt == Sample.moment)
    #expect(letter.lifetime.seconds == 1800 && letter.data == .object(["name": .string("Ada")]))
    #expect(transport.mails.map(\.bytes) == [Array(letter.link.utf8)])
    #expect(office.outbox.state.value.namings.isEmpty)
  }

  @Test func `where nobody is asked, it goes to the typed address`() async throws {
    let office = try Office()
    #expect(try await office.deliver(office.message(.unasked)) == .sent)
    #expect(office.composer.letters.first?.to.text == "ada@example.org")
  }

  @Test func `the account's language comes before the request's`() async throws {
    for (locale, expected) in [("fr", "fr"), (nil, "de")] {
      let office = try Office()
      let account = try Sample.account(locale: locale)
      _ = try await office.deliver(office.message(.known(account)))
      #expect(office.composer.letters.first?.locale?.text == expected)
    }
  }

  @Test func `every attempt mails the same link under the same message id`() async throws {
    let office = try Office()
    for attempt in 1...3 {
      await (try office.courier()).deliver(try office.message(attempt: attempt))
    }
    #expect(office.composer.letters.count == 3)
    #expect(Set(office.composer.letters.map(\.link)).count == 1)
    #expect(Set(office.composer.letters.map(\.messageID)).count == 1)
  }

  // MARK: How an attempt ends

  @Test func `a transient refusal is tried again, a permanent one is a dead letter`() async throws {
    var office = try Office()
    office.transport = Transport(.transient(cause: "smtp_451"))
    guard case .retry(let pause, "smtp_451") = try await office.deliver(office.message()) else {
      Issue.record("no retry")
      return
    }
    #expect((1...10).contains(pause.seconds))
    office = try Office()
    office.transport = Transport(.permanent(cause: "smtp_550"))
    #expect(try await office.deliver(office.message()) == .dead(cause: "smtp_550"))
  }

  @Test func `what may have arrived is not tried again for five minutes`() async throws {
    var office = try Office()
    office.transport = Transport(.uncertain(cause: "no_answer"))
    guard case .retry(let pause, "uncertain_no_answer") = try await office.deliver(office.message())
    else {
      Issue.record("no retry")
      return
    }
    #expect((301...310).contains(pause.seconds))
  }

  @Test func `later attempts wait longer`() async throws {
    var office = try Office()
    office.transport = Transport(.transient(cause: "smtp_451"))
    office.schedule = RetrySchedule(
      base: WholeDuration(seconds: 1), cap: WholeDuration(seconds: 1))
    guard case .retry(let pause, _) = try await office.deliver(office.message(attempt: 40)) else {
      Issue.record("no retry")
      return
    }
    #expect(pause.seconds == 1)
  }

  @Test func `a template that cannot be rendered is tried again and named`() async throws {
    let office = try Office(composer: Composer(fault: CompositionError(cause: "link.txt")))
    guard case .retry(_, "template_link.txt") = try await office.deliver(office.message()) else {
      Issue.record("no retry")
      return
    }
  }

  @Test func `a row that no key opens is tried again: the key may come back`() async throws {
    let office = try Office()
    let stranger = try Office()
    guard case .retry(_, "sealed_request_not_opened") = try await office.deliver(stranger.message())
    else {
      Issue.record("no retry")
      return
    }
    #expect(office.composer.letters.isEmpty)
  }

  @Test(arguments: [
    (ClaimedMessage.Content.revoked, DropReason.revoked), (.orphan, .revoked), (.expired, .expired),
  ])
  func `what must not be mailed any more is dropped`(
    _ content: ClaimedMessage.Content, _ reason: DropReason
  ) async throws {
    var office = try Office()
    let transport = Transport()
    office.transport = transport
    #expect(try await office.deliver(Sample.message(content)) == .dropped(reason))
    #expect(transport.mails.isEmpty && office.composer.letters.isEmpty)
  }

  @Test(arguments: [MessageKind.changed, .noAccount, .event])
  func `a kind that this version does not know is a dead letter`(_ kind: MessageKind) async throws {
    let office = try Office()
    let message = try office.message(kind: kind)
    #expect(try await office.deliver(message) == .dead(cause: "unknown_kind"))
  }

  /// With two hours to give up, which the pauses of the schedule fill with about fifty.
  @Test func `so many attempts are the last that no schedule makes them in time`() async throws {
    var office = try Office()
    #expect(try await office.deliver(office.message(attempt: 290)) == .sent)
    office = try Office()
    #expect(
      try await office.deliver(office.message(attempt: 291)) == .dead(cause: "too_many_attempts"))
    #expect(office.composer.letters.isEmpty)
  }

  // MARK: Stopped on the way

  @Test func `an interrupted attempt is handed back`() async throws {
    for outcome in [
      DeliveryOutcome.transient(cause: "cancelled"), .delivered, .permanent(cause: "550"),
    ] {
      var office = try Office()
      office.transport = Transport(outcome) { withUnsafeCurrentTask { $0?.cancel() } }
      let ended = try await Task { [office] in try await office.deliver(office.message()) }.value
      let expected: AttemptOutcome =
        switch outcome {
        case .delivered: .sent
        case .permanent(let cause): .dead(cause: cause)
        default: .released
        }
      #expect(ended == expected)
    }
  }

  @Test func `what may have arrived is not handed back for another to send at once`() async throws {
    var office = try Office()
    office.transport = Transport(.uncertain(cause: "cancelled")) {
      withUnsafeCurrentTask { $0?.cancel() }
    }
    let ended = try await Task { [office] in try await office.deliver(office.message()) }.value
    guard case .retry(let pause, "uncertain_cancelled") = ended else {
      Issue.record("\(String(describing: ended))")
      return
    }
    #expect(pause.seconds > 300)
  }

  @Test func `an end that cannot be written down is written again until it is`() async throws {
    var office = try Office()
    office.schedule.pausesOfFinish = [.zero, .zero, .zero]
    office.outbox.state.update { $0.finishFaults = [.unavailable, .overloaded] }
    await (try office.courier()).deliver(try office.message())
    #expect(office.outbox.state.value.finishes.map(\.outcome) == [.sent, .sent, .sent])
    #expect(office.book.lines.value.count { $0.contains("outcome=sent") } == 1)
  }

  @Test func `told to end, it does not wait for a store that is away`() async throws {
    var office = try Office()
    office.schedule.pausesOfFinish = [.seconds(3600), .seconds(3600)]
    office.outbox.state.update { $0.finishFaults = [.unavailable, .unavailable] }
    let (courier, message) = (try office.courier(), try office.message())
    await testGracefulShutdown { end in
      end.triggerGracefulShutdown()
      await courier.deliver(message)
    }
    #expect(office.outbox.state.value.finishes.count == 1)
  }

  @Test func `in the end it is left to the lease`() async throws {
    var office = try Office()
    office.schedule.pausesOfFinish = [.zero, .zero]
    office.outbox.state.update { $0.finishFaults = [.unavailable, .unavailable, .unavailable] }
    await (try office.courier()).deliver(try office.message())
    #expect(office.outbox.state.value.finishes.count == 2)
    #expect(office.book.lines.value.count { $0.contains("outcome=end_not_written") } == 1)
  }
}
