import Logging
import PasswordReset
import ServiceLifecycle
import Testing

@testable import Delivery

/// A worker with what it works with.
struct Workshop {
  let outbox = ScriptedOutbox()
  let signal = WakeSignal()
  let checkpoint = Checkpoint()
  let app = Checkpoint()

  struct Setting {
    let office: Office
    let chain: TransportChain
    let worker: DeliveryWorker
  }

  func setting(
    width: Int = 3, lease: Int64 = 90, poll: Duration = .seconds(3600),
    transport: (any MailTransport)? = nil, events: (any EventTransport)? = nil
  ) throws -> Setting {
    var office = try Office(outbox: outbox)
    office.transports = [transport ?? checkpoint]
    office.width = width
    let chain = office.chain()
    let told = events ?? app
    let eventCourier = EventCourier(
      EventCourier.Parts(
        outbox: outbox, vault: office.vault, transport: { _ in told }, giveUp: Sample.giveUp,
        width: 2, poisonAfter: 5),
      logger: office.book.logger)
    let worker = DeliveryWorker(
      outbox: outbox, mail: office.courier(chain), events: eventCourier, chain: chain,
      signal: signal,
      rules: .init(events: 2, lease: WholeDuration(seconds: lease), pollInterval: poll))
    return Setting(office: office, chain: chain, worker: worker)
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
    _ numbers: ClosedRange<Int>, _ setting: Setting, to lane: Lane = .mail
  ) throws {
    let messages = try numbers.map { number in
      var draft = Draft(number: number)
      if lane == .events { (draft.kind, draft.event) = (.event, .requestConsumed) }
      if lane == .suspects { draft.lost = 1 }
      return try setting.office.message(.unasked, draft)
    }
    outbox.add(messages, to: lane)
  }
}
