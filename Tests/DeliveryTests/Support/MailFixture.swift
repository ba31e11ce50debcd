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
  /// Asked for the accounts of all callers but `free`, so many at once.
  var directory: (any AccountDirectory)?
  var directoryWidth = 4
  var schedule = RetrySchedule()
  var settings: CallerSettings
  var poisonAfter = 5
  /// What a link is found to be that is judged once more before it is sent.
  var refusal: @Sendable (RequestID) async throws(ResetError) -> TokenRefusal? = { _ in nil }

  init(outbox: ScriptedOutbox = ScriptedOutbox()) throws {
    vault = try TestVault.make()
    settings = try Sample.settings()
    self.outbox = outbox
  }

  func chain(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) -> TransportChain {
    TransportChain(transports, width: width, logger: book.logger, now: now)
  }

  private func queuedDirectory() -> QueuedDirectory? {
    directory.map {
      QueuedDirectory($0, name: "accounts", width: directoryWidth, logger: book.logger) {}
    }
  }

  func delivery(_ chain: TransportChain) -> MailDelivery {
    let suppressor = Suppressor(
      vault: vault, lifetime: WholeDuration(seconds: 86_400), clock: StandingClock()
    ) { [UInt8](repeating: 7, count: 10) }
    let queued = queuedDirectory()
    return MailDelivery(
      MailParts(
        outbox: outbox, suppressions: suppressions, suppressor: suppressor, vault: vault,
        callers: Reloadable(CallerBook(common: settings, own: [:])),
        directory: { $0.name == "free" ? nil : queued }, composer: composer, chain: chain,
        link: { "https://reset.example.com/reset/verify?token=\($0)" },
        lifetime: WholeDuration(seconds: 1800), giveUp: Sample.giveUp, poisonAfter: poisonAfter,
        schedule: schedule, refusal: refusal),
      logger: book.logger)
  }

  /// Delivers through a chain of its own, and sees that a permit is taken for the transport alone
  /// and comes back in every case.
  func attempt(
    _ message: ClaimedMessage, asked: ContinuousClock.Instant = .now
  ) async throws -> [ScriptedOutbox.Finish] {
    let chain = chain()
    let held = HeldMessage(message, asked: asked, lease: Sample.lease)
    let woken = WakeSignal()
    chain.permits.wake(woken)
    let delivery = delivery(chain)
    var step = delivery.first(held)
    while case .asks(let ask) = step {
      step = await ask()
      #expect(chain.onTheWay.allSatisfy { $0 == 0 })
    }
    let permits = if case .ready = step { 1 } else { 0 }
    try await step.run()
    #expect(chain.onTheWay.allSatisfy { $0 == 0 })
    #expect(await woken.count() == permits)
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

extension Step {
  /// Takes a message that needs to ask nobody to its end.
  func run() async throws {
    switch self {
    case .asks: Issue.record("asks")
    case .ends(let work): await work()
    case .ready(let begin):
      let work = try #require(begin())
      await work()
    }
  }
}

extension AttemptOutcome {
  /// The pause in seconds and the cause of another try.
  var retried: (after: Int64, cause: String)? {
    switch self {
    case .retry(let after, let cause), .uncertain(let after, let cause): (after.seconds, cause)
    default: nil
    }
  }

  /// The seconds after which it is due again, nothing counted.
  var released: Int64? {
    if case .released(let after) = self { after.seconds } else { nil }
  }

  static let handedBack = AttemptOutcome.released(after: WholeDuration(seconds: 0))
}
