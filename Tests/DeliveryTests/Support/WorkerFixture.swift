import Logging
import PasswordReset
import ServiceLifecycle
import Testing

@testable import Delivery

/// A worker with what it works with.
struct WorkerFixture {
  let outbox = ScriptedOutbox()
  let signal = WakeSignal()
  let checkpoint = Checkpoint()
  let app = Checkpoint()

  struct Setting {
    let mail: MailFixture
    let chain: TransportChain
    let worker: DeliveryWorker
  }

  func setting(
    width: Int = 3, lease: Int64 = 90, poll: Duration = .seconds(3600),
    transport: (any MailTransport)? = nil, events: (any EventTransport)? = nil,
    directory: (any AccountDirectory)? = nil
  ) throws -> Setting {
    var mail = try MailFixture(outbox: outbox)
    mail.transports = [transport ?? checkpoint]
    mail.width = width
    mail.directory = directory
    let chain = mail.chain()
    let told = events ?? app
    let eventDelivery = EventDelivery(
      EventDelivery.Parts(
        outbox: outbox, vault: mail.vault, transport: { _ in told }, giveUp: Sample.giveUp,
        width: 2, poisonAfter: 5),
      logger: mail.book.logger)
    let worker = DeliveryWorker(
      outbox: outbox, mail: mail.delivery(chain), events: eventDelivery, signal: signal,
      rules: .init(events: 2, lease: WholeDuration(seconds: lease), pollInterval: poll))
    return Setting(mail: mail, chain: chain, worker: worker)
  }

  /// Runs the worker while `body` does, then shuts it down and waits for its end.
  func running(
    _ setting: Setting, _ body: (ServiceGroup) async throws -> Void
  ) async throws {
    let services = ServiceGroup(services: [setting.worker], logger: Logger(label: "test"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      try await body(services)
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
    }
    #expect(setting.chain.onTheWay == [0])
  }

  func add(
    _ numbers: ClosedRange<Int>, _ setting: Setting, to queue: OutboxQueue = .mail,
    for caller: String = "shop"
  ) throws {
    let messages = try numbers.map { number in
      var draft = Draft(number: number, caller: caller)
      if queue == .events { (draft.kind, draft.event) = (.event, .requestConsumed) }
      if queue == .suspects { draft.lost = 1 }
      return try setting.mail.message(.unasked, draft)
    }
    outbox.add(messages, to: queue)
  }
}
