import PasswordReset
import StoreContract
import Testing

@testable import Delivery

/// What a courier works with in these tests.
struct Office {
  let vault: Vault
  let outbox: ScriptedOutbox
  let book = LogBook()
  let composer: Composer
  var transport: any MailTransport = Transport()
  var directory: Directory?
  var schedule = RetrySchedule()

  init(outbox: ScriptedOutbox = ScriptedOutbox(), composer: Composer = Composer()) throws {
    vault = try TestVault.make()
    self.outbox = outbox
    self.composer = composer
  }

  func courier() throws -> Courier {
    let book = CallerBook(common: try Sample.settings(), own: [:])
    return Courier(
      Courier.Parts(
        outbox: outbox, vault: vault, callers: Current(book),
        directory: { [directory] _ in directory }, composer: composer, transport: transport,
        link: { "https://reset.example.com/reset/verify?token=\($0)" },
        lifetime: WholeDuration(seconds: 1800), giveUpAfter: WholeDuration(seconds: 7200),
        schedule: schedule),
      logger: self.book.logger)
  }

  /// A due link mail of a request with these details.
  func message(
    _ claim: AccountClaim = .unasked, attempt: Int = 1, kind: MessageKind = .link, number: UInt8 = 1
  ) throws -> ClaimedMessage {
    let id = try Sample.id(number)
    let sealed = try vault.seal(Sample.details(claim), for: id)
    let ready = ClaimedMessage.Ready(
      sealed: sealed.bytes, kid: sealed.kid, caller: "shop", createdAt: Sample.moment,
      expiresAt: Sample.moment.advanced(bySeconds: 1800))
    return try Sample.message(.ready(ready), attempt: attempt, kind: kind, number: number)
  }

  /// How the attempt ended.
  func deliver(_ message: ClaimedMessage) async throws -> AttemptOutcome? {
    await (try courier()).deliver(message)
    let finishes = outbox.state.value.finishes
    #expect(finishes.count == 1 && finishes.first?.message == message.id)
    return finishes.first?.outcome
  }
}

enum Sample {
  static let moment = Timestamp(microseconds: 1_795_253_400_123_456)

  static func id(_ number: UInt8) throws -> RequestID {
    try #require(RequestID(at: moment, random: .init(repeating: number, count: 10)))
  }

  static func message(
    _ content: ClaimedMessage.Content, attempt: Int = 1, kind: MessageKind = .link,
    number: UInt8 = 1
  ) throws -> ClaimedMessage {
    ClaimedMessage(
      id: try #require(RequestID(at: moment, random: .init(repeating: number &+ 128, count: 10))),
      kind: kind, attempt: attempt, requestID: try id(number), content: content)
  }

  static func details(_ claim: AccountClaim = .unasked) throws -> RequestDetails {
    RequestDetails(
      email: try TestVault.address("ada@example.org"), claim: claim, locale: LanguageTag("de"),
      data: .object(["name": .string("Ada")]))
  }

  static func account(locale: String? = "fr") throws -> Account {
    try #require(
      Account(
        id: "42", email: TestVault.address("stored@example.net"),
        locale: locale.flatMap(LanguageTag.init), version: "v1"))
  }

  static func settings() throws -> CallerSettings {
    let policy = EmailAddress.Policy(smtpUTF8: false, domains: ASCIIDomains())
    return CallerSettings(
      continueURL: try #require(ContinueURL("https://app.example.com/new?token={token}")),
      addressLimits: try #require(RateLimits("3/15m")),
      clientLimits: try #require(RateLimits("20/1h")), directory: .none,
      mailFrom: try #require(Mailbox("Shop <no-reply@example.com>", policy: policy)),
      brand: "Shop")
  }
}
