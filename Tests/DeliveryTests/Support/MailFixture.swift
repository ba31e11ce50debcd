import PasswordReset
import StoreContract
import Testing

@testable import Delivery

/// What a delivery of mail works with in these tests.
struct MailFixture {
  let vault: Vault
  let outbox: ScriptedOutbox
  let book = LogBook()
  var composer = Composer()
  var suppressions = Suppressions()
  var transports: [any MailTransport] = [Transport()]
  var width = 4
  var directory: Directory?
  var schedule = RetrySchedule()
  var settings: CallerSettings
  var poisonAfter = 5

  init(outbox: ScriptedOutbox = ScriptedOutbox()) throws {
    vault = try TestVault.make()
    settings = try Sample.settings()
    self.outbox = outbox
  }

  func chain(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) -> TransportChain {
    TransportChain(transports, width: width, logger: book.logger, now: now)
  }

  func delivery(_ chain: TransportChain) -> MailDelivery {
    let suppressor = Suppressor(
      vault: vault, lifetime: WholeDuration(seconds: 86_400), clock: StandingClock()
    ) { [UInt8](repeating: 7, count: 10) }
    return MailDelivery(
      MailParts(
        outbox: outbox, suppressions: suppressions, suppressor: suppressor, vault: vault,
        callers: Reloadable(CallerBook(common: settings, own: [:])),
        directory: { [directory] _ in directory }, composer: composer, chain: chain,
        link: { "https://reset.example.com/reset/verify?token=\($0)" },
        lifetime: WholeDuration(seconds: 1800), giveUp: Sample.giveUp, poisonAfter: poisonAfter,
        schedule: schedule),
      logger: book.logger)
  }

  /// Delivers through a chain of its own, and sees that the permit comes back in every case.
  func attempt(
    _ message: ClaimedMessage, asked: ContinuousClock.Instant = .now
  ) async throws -> [ScriptedOutbox.Finish] {
    let chain = chain()
    let held = HeldMessage(message, asked: asked, lease: Sample.lease)
    let woken = WakeSignal()
    chain.permits.wake(woken)
    let work = try #require(delivery(chain).begin(held))
    await work()
    #expect(chain.onTheWay.allSatisfy { $0 == 0 })
    #expect(await woken.count() == 1)
    let finishes = outbox.state.value.finishes
    #expect(finishes.allSatisfy { $0.message == message.id })
    return finishes
  }

  /// How the attempt ended.
  func deliver(
    _ message: ClaimedMessage, asked: ContinuousClock.Instant = .now
  ) async throws -> ScriptedOutbox.Finish {
    let finishes = try await attempt(message, asked: asked)
    #expect(finishes.count == 1)
    return try #require(finishes.first)
  }

  func message(_ claim: AccountClaim = .unasked, _ draft: Draft = Draft()) throws -> ClaimedMessage
  {
    try draft.claimed(claim, in: vault)
  }
}

extension AttemptOutcome {
  /// The pause in seconds and the cause of another try.
  var retried: (after: Int64, cause: String)? {
    if case .retry(let after, let cause) = self { (after.seconds, cause) } else { nil }
  }

  static let handedBack = AttemptOutcome.released(after: WholeDuration(seconds: 0))
}
