import Formats
import PasswordReset
import ServiceLifecycleTestKit
import StoreContract
import Testing

@testable import Delivery

@Suite struct MailDeliveryTests {
  // MARK: The way of a mail

  @Test func `a link goes to the account's stored address and is then sent`() async throws {
    var fixture = try MailFixture()
    let transport = Transport()
    fixture.transports = [transport]
    let message = try fixture.message(.known(Sample.account()))
    #expect(try await fixture.deliver(message).outcome == .sent)
    let letter = try #require(fixture.composer.letters.first)
    let token = try fixture.vault.mint(.reset, for: message.requestID)
    #expect(letter.link == "https://reset.example.com/reset/verify?token=\(token)")
    #expect(letter.to.text == "stored@example.net" && letter.brand == "Shop")
    #expect(letter.from.address.text == "no-reply@example.com")
    #expect(letter.messageID == message.id && letter.requestID == message.requestID)
    #expect(letter.createdAt == Sample.moment && letter.data == .object(["name": .string("Ada")]))
    #expect(
      transport.mails.map(\.text) == [letter.link] && fixture.outbox.state.value.namings.isEmpty)
  }

  @Test func `a link says for how long it will live`() async throws {
    let fixture = try MailFixture()
    _ = try await fixture.deliver(fixture.message())
    guard case .link(_, let lifetime) = try #require(fixture.composer.letters.first).subject else {
      Issue.record("no link")
      return
    }
    #expect(lifetime.seconds == 1800)
  }

  @Test func `where nobody is asked it goes to the typed address`() async throws {
    let fixture = try MailFixture()
    #expect(try await fixture.deliver(fixture.message()).outcome == .sent)
    #expect(fixture.composer.letters.first?.to.text == "ada@example.org")
  }

  @Test func `the notice of a change goes to the stored address and holds no link`() async throws {
    let fixture = try MailFixture()
    let message = try fixture.message(.known(Sample.account()), Draft(kind: .changed))
    #expect(try await fixture.deliver(message).outcome == .sent)
    #expect(fixture.composer.letters.map(\.subject) == [.changed])
    #expect(fixture.composer.letters.first?.to.text == "stored@example.net")
  }

  @Test func `that there is no account goes to the typed address, and nobody is asked`()
    async throws
  {
    var fixture = try MailFixture()
    let directory = Directory(.success(try Sample.account()))
    fixture.directory = directory
    let message = try fixture.message(.none, Draft(kind: .noAccount))
    #expect(try await fixture.deliver(message).outcome == .sent)
    #expect(fixture.composer.letters.map(\.subject) == [.noAccount] && directory.asked.isEmpty)
    #expect(fixture.composer.letters.first?.to.text == "ada@example.org")
  }

  @Test func `the account's language comes before the request's`() async throws {
    for (locale, expected) in [("fr", "fr"), (nil, "de")] {
      let fixture = try MailFixture()
      _ = try await fixture.deliver(fixture.message(.known(Sample.account(locale: locale))))
      #expect(fixture.composer.letters.first?.locale?.text == expected)
    }
  }

  @Test func `every attempt mails the same link under the same message id`() async throws {
    let fixture = try MailFixture()
    for attempt in 1...3 {
      _ = try await fixture.attempt(fixture.message(.unasked, Draft(attempt: attempt)))
    }
    #expect(fixture.composer.letters.count == 3)
    #expect(Set(fixture.composer.letters.compactMap(\.link)).count == 1)
    #expect(Set(fixture.composer.letters.map(\.messageID)).count == 1)
  }

  // MARK: What is not mailed

  @Test(arguments: [
    (ClaimedMessage.Content.revoked, DropReason.revoked), (.orphan, .revoked),
    (.expired(caller: "shop"), .expired),
  ])
  func `what must not be mailed any more is dropped`(
    _ content: ClaimedMessage.Content, _ reason: DropReason
  ) async throws {
    let fixture = try MailFixture()
    #expect(try await fixture.deliver(Draft().claimed(content)).outcome == .dropped(reason))
    #expect(fixture.composer.letters.isEmpty)
  }

  @Test(arguments: [
    (MessageKind.link, AttemptOutcome.dropped(.expired)), (.noAccount, .dropped(.expired)),
    (.changed, .dead(cause: "gave_up")),
  ])
  func `what is too old is told to callers that want events`(
    _ kind: MessageKind, _ outcome: AttemptOutcome
  ) async throws {
    for (wants, report) in [(true, EventType.deliveryFailed), (false, nil)] {
      var fixture = try MailFixture()
      fixture.settings.wantsEvents = wants
      let end = try await fixture.deliver(Draft(kind: kind).claimed(.expired(caller: "shop")))
      #expect(end.outcome == outcome && end.report == report)
    }
  }

  @Test func `nobody is told of what was revoked`() async throws {
    var fixture = try MailFixture()
    fixture.settings.wantsEvents = true
    #expect(try await fixture.deliver(Draft().claimed(.revoked)).report == nil)
  }

  @Test(arguments: [(4, false), (5, true), (6, true)])
  func `what took its workers down too often is poison`(_ lost: Int, _ isPoison: Bool) async throws
  {
    var fixture = try MailFixture()
    fixture.settings.wantsEvents = true
    let end = try await fixture.deliver(fixture.message(.unasked, Draft(attempt: 9, lost: lost)))
    #expect(end.outcome == (isPoison ? .dead(cause: "poison") : .sent))
    #expect(end.report == (isPoison ? .deliveryFailed : nil))
    #expect(fixture.composer.letters.isEmpty == isPoison)
  }

  @Test func `a row that no key opens is tried again: the key may come back`() async throws {
    let (fixture, stranger) = (try MailFixture(), try MailFixture())
    let end = try await fixture.deliver(stranger.message())
    #expect(end.outcome.retried?.cause == "sealed_request_not_opened")
    #expect(fixture.composer.letters.isEmpty)
  }

  @Test func `a template that cannot be rendered is tried again and named`() async throws {
    var fixture = try MailFixture()
    fixture.composer = Composer(fault: CompositionError(cause: "link.txt"))
    let end = try await fixture.deliver(fixture.message())
    #expect(end.outcome.retried?.cause == "template_link.txt")
  }

  @Test func `an event does not belong among the mails`() async throws {
    let fixture = try MailFixture()
    let end = try await fixture.deliver(fixture.message(.unasked, Draft(kind: .event)))
    #expect(end.outcome == .dead(cause: "unknown_kind"))
  }

  // MARK: Suppressed addresses

  @Test func `a suppressed typed address gets nothing, and the list is not asked again`()
    async throws
  {
    for (wants, report) in [(true, EventType.deliveryFailed), (false, nil)] {
      var fixture = try MailFixture()
      fixture.settings.wantsEvents = wants
      let end = try await fixture.deliver(fixture.message(.unasked, Draft(isSuppressed: true)))
      #expect(end.outcome == .dropped(.suppressed) && end.report == report)
      #expect(fixture.suppressions.state.value.asked == 0 && fixture.composer.letters.isEmpty)
    }
  }

  @Test func `of a stored address the list is asked`() async throws {
    let fixture = try MailFixture()
    let account = try Sample.account()
    let key = try fixture.vault.addressKey(account.email, caller: "shop")
    fixture.suppressions.state.update { $0.keys = [key] }
    let end = try await fixture.deliver(fixture.message(.known(account)))
    #expect(end.outcome == .dropped(.suppressed) && fixture.suppressions.state.value.asked == 1)
  }

  @Test func `a suppressed typed address does not keep a mail from another stored one`()
    async throws
  {
    let fixture = try MailFixture()
    let message = try fixture.message(.known(Sample.account()), Draft(isSuppressed: true))
    #expect(try await fixture.deliver(message).outcome == .sent)
  }

  @Test func `a list that cannot be read is asked again later`() async throws {
    let fixture = try MailFixture()
    fixture.suppressions.state.update { $0.fault = .unavailable }
    let end = try await fixture.deliver(fixture.message(.known(Sample.account())))
    #expect(end.outcome.retried?.cause == "suppressions_not_read")
    #expect(fixture.composer.letters.isEmpty)
  }
}
