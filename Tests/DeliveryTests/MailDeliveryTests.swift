import Formats
import PasswordReset
import ServiceLifecycleTestKit
import StoreContract
import Testing

@testable import Delivery

@Suite struct MailCourierTests {
  // MARK: The way of a mail

  @Test func `a link goes to the account's stored address and is then sent`() async throws {
    var office = try Office()
    let transport = Transport()
    office.transports = [transport]
    let message = try office.message(.known(Sample.account()))
    #expect(try await office.deliver(message).outcome == .sent)
    let letter = try #require(office.composer.letters.first)
    let token = try office.vault.mint(.reset, for: message.requestID)
    #expect(letter.link == "https://reset.example.com/reset/verify?token=\(token)")
    #expect(letter.to.text == "stored@example.net" && letter.brand == "Shop")
    #expect(letter.from.address.text == "no-reply@example.com")
    #expect(letter.messageID == message.id && letter.requestID == message.requestID)
    #expect(letter.createdAt == Sample.moment && letter.data == .object(["name": .string("Ada")]))
    #expect(
      transport.mails.map(\.text) == [letter.link] && office.outbox.state.value.namings.isEmpty)
  }

  @Test func `a link says for how long it will live`() async throws {
    let office = try Office()
    _ = try await office.deliver(office.message())
    guard case .link(_, let lifetime) = try #require(office.composer.letters.first).subject else {
      Issue.record("no link")
      return
    }
    #expect(lifetime.seconds == 1800)
  }

  @Test func `where nobody is asked it goes to the typed address`() async throws {
    let office = try Office()
    #expect(try await office.deliver(office.message()).outcome == .sent)
    #expect(office.composer.letters.first?.to.text == "ada@example.org")
  }

  @Test func `the notice of a change goes to the stored address and holds no link`() async throws {
    let office = try Office()
    let message = try office.message(.known(Sample.account()), Draft(kind: .changed))
    #expect(try await office.deliver(message).outcome == .sent)
    #expect(office.composer.letters.map(\.subject) == [.changed])
    #expect(office.composer.letters.first?.to.text == "stored@example.net")
  }

  @Test func `that there is no account goes to the typed address, and nobody is asked`()
    async throws
  {
    var office = try Office()
    let directory = Directory(.success(try Sample.account()))
    office.directory = directory
    let message = try office.message(.none, Draft(kind: .noAccount))
    #expect(try await office.deliver(message).outcome == .sent)
    #expect(office.composer.letters.map(\.subject) == [.noAccount] && directory.asked.isEmpty)
    #expect(office.composer.letters.first?.to.text == "ada@example.org")
  }

  @Test func `the account's language comes before the request's`() async throws {
    for (locale, expected) in [("fr", "fr"), (nil, "de")] {
      let office = try Office()
      _ = try await office.deliver(office.message(.known(Sample.account(locale: locale))))
      #expect(office.composer.letters.first?.locale?.text == expected)
    }
  }

  @Test func `every attempt mails the same link under the same message id`() async throws {
    let office = try Office()
    for attempt in 1...3 {
      _ = try await office.attempt(office.message(.unasked, Draft(attempt: attempt)))
    }
    #expect(office.composer.letters.count == 3)
    #expect(Set(office.composer.letters.compactMap(\.link)).count == 1)
    #expect(Set(office.composer.letters.map(\.messageID)).count == 1)
  }

  // MARK: What is not mailed

  @Test(arguments: [
    (ClaimedMessage.Content.revoked, DropReason.revoked), (.orphan, .revoked),
    (.expired(caller: "shop"), .expired),
  ])
  func `what must not be mailed any more is dropped`(
    _ content: ClaimedMessage.Content, _ reason: DropReason
  ) async throws {
    let office = try Office()
    #expect(try await office.deliver(Draft().claimed(content)).outcome == .dropped(reason))
    #expect(office.composer.letters.isEmpty)
  }

  @Test(arguments: [
    (MessageKind.link, AttemptOutcome.dropped(.expired)), (.noAccount, .dropped(.expired)),
    (.changed, .dead(cause: "gave_up")),
  ])
  func `what is too old is told to callers that want events`(
    _ kind: MessageKind, _ outcome: AttemptOutcome
  ) async throws {
    for (wants, report) in [(true, EventType.deliveryFailed), (false, nil)] {
      var office = try Office()
      office.settings.wantsEvents = wants
      let end = try await office.deliver(Draft(kind: kind).claimed(.expired(caller: "shop")))
      #expect(end.outcome == outcome && end.report == report)
    }
  }

  @Test func `nobody is told of what was revoked`() async throws {
    var office = try Office()
    office.settings.wantsEvents = true
    #expect(try await office.deliver(Draft().claimed(.revoked)).report == nil)
  }

  @Test(arguments: [(4, false), (5, true), (6, true)])
  func `what took its workers down too often is poison`(_ lost: Int, _ isPoison: Bool) async throws
  {
    var office = try Office()
    office.settings.wantsEvents = true
    let end = try await office.deliver(office.message(.unasked, Draft(attempt: 9, lost: lost)))
    #expect(end.outcome == (isPoison ? .dead(cause: "poison") : .sent))
    #expect(end.report == (isPoison ? .deliveryFailed : nil))
    #expect(office.composer.letters.isEmpty == isPoison)
  }

  @Test func `a row that no key opens is tried again: the key may come back`() async throws {
    let (office, stranger) = (try Office(), try Office())
    let end = try await office.deliver(stranger.message())
    #expect(end.outcome.retried?.cause == "sealed_request_not_opened")
    #expect(office.composer.letters.isEmpty)
  }

  @Test func `a template that cannot be rendered is tried again and named`() async throws {
    var office = try Office()
    office.composer = Composer(fault: CompositionError(cause: "link.txt"))
    let end = try await office.deliver(office.message())
    #expect(end.outcome.retried?.cause == "template_link.txt")
  }

  @Test func `an event does not belong among the mails`() async throws {
    let office = try Office()
    let end = try await office.deliver(office.message(.unasked, Draft(kind: .event)))
    #expect(end.outcome == .dead(cause: "unknown_kind"))
  }

  // MARK: Suppressed addresses

  @Test func `a suppressed typed address gets nothing, and the list is not asked again`()
    async throws
  {
    for (wants, report) in [(true, EventType.deliveryFailed), (false, nil)] {
      var office = try Office()
      office.settings.wantsEvents = wants
      let end = try await office.deliver(office.message(.unasked, Draft(isSuppressed: true)))
      #expect(end.outcome == .dropped(.suppressed) && end.report == report)
      #expect(office.suppressions.state.value.asked == 0 && office.composer.letters.isEmpty)
    }
  }

  @Test func `of a stored address the list is asked`() async throws {
    let office = try Office()
    let account = try Sample.account()
    let key = try office.vault.addressKey(account.email)
    office.suppressions.state.update { $0.keys = [key] }
    let end = try await office.deliver(office.message(.known(account)))
    #expect(end.outcome == .dropped(.suppressed) && office.suppressions.state.value.asked == 1)
  }

  @Test func `a suppressed typed address does not keep a mail from another stored one`()
    async throws
  {
    let office = try Office()
    let message = try office.message(.known(Sample.account()), Draft(isSuppressed: true))
    #expect(try await office.deliver(message).outcome == .sent)
  }

  @Test func `a list that cannot be read is asked again later`() async throws {
    let office = try Office()
    office.suppressions.state.update { $0.fault = .unavailable }
    let end = try await office.deliver(office.message(.known(Sample.account())))
    #expect(end.outcome.retried?.cause == "suppressions_not_read")
    #expect(office.composer.letters.isEmpty)
  }
}
