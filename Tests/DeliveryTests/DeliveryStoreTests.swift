import Logging
import PasswordReset
import ServiceLifecycle
import StoreContract
import Testing

@testable import Delivery

/// The worker over a store that keeps the rules of the real one.
@Suite(.timeLimit(.minutes(2))) struct DeliveryStoreTests {
  private let store = MemoryStore()
  private let contract: StoreContract
  private let book = LogBook()

  init() throws {
    contract = try StoreContract(Store(store)) { [store] in store.advance(by: $0) }
  }

  private func delivery(_ chain: TransportChain) throws -> MailDelivery {
    let suppressor = Suppressor(
      vault: contract.vault, lifetime: WholeDuration(seconds: 86_400), clock: store
    ) { [UInt8](repeating: 7, count: 10) }
    return MailDelivery(
      MailParts(
        outbox: store, suppressions: store, suppressor: suppressor, vault: contract.vault,
        callers: Reloadable(CallerBook(common: try Sample.settings(), own: [:])),
        directory: { _ in nil }, composer: Composer(), chain: chain, link: { $0 },
        lifetime: WholeDuration(seconds: 1800), giveUp: Sample.giveUp, poisonAfter: 5,
        refusal: { [store] id throws(ResetError) in try await store.find(id)?.refusal }),
      logger: book.logger)
  }

  private func chain(_ transport: any MailTransport) -> TransportChain {
    TransportChain([transport], width: 8, logger: book.logger) { .now }
  }

  private func worker(_ transport: any MailTransport) throws -> DeliveryWorker {
    let chain = chain(transport)
    let events = EventDelivery(
      EventDelivery.Parts(
        outbox: store, vault: contract.vault, transport: { _ in nil }, giveUp: Sample.giveUp,
        width: 2, poisonAfter: 5),
      logger: book.logger)
    return DeliveryWorker(
      outbox: store, mail: try delivery(chain), events: events, signal: WakeSignal(),
      rules: .init(events: 2, lease: Sample.lease, pollInterval: .milliseconds(2)))
  }

  private func accept(_ count: Int) async throws -> Set<RequestID> {
    var ids: Set<RequestID> = []
    for number in 1...count { ids.insert(try await contract.accept(Ask("a\(number)@example.com"))) }
    return ids
  }

  private func deliver(_ message: ClaimedMessage, by transport: any MailTransport) async throws {
    let chain = chain(transport)
    let held = HeldMessage(message, asked: .now, lease: Sample.lease)
    try await delivery(chain).first(held).run()
    #expect(chain.onTheWay == [0])
  }

  @Test func `each request is mailed once, whoever of two workers takes it`() async throws {
    let ids = try await accept(100)
    let transport = Transport()
    let services = ServiceGroup(
      services: [try worker(transport), try worker(transport)], logger: Logger(label: "test"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      while store.messagesLeft > 0 { await Task.yield() }
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
    }
    #expect(transport.mails.count == 100 && Set(transport.mails.map(\.requestID)) == ids)
  }

  @Test func `a cancelled worker leaves its mails due, and none of them counted`() async throws {
    let ids = try await accept(10)
    let checkpoint = Checkpoint()
    let worker = try worker(checkpoint)
    let run = Task { try await worker.run() }
    await checkpoint.state.until { $0.waiting.count == 2 }
    run.cancel()
    _ = await run.result
    let due = try await store.claim(atMost: 64, from: .mail)
    #expect(Set(due.map(\.requestID)) == ids)
    #expect(due.allSatisfy { $0.failures == 0 && $0.lost == 0 })
  }

  @Test func `what may have arrived is not due for five minutes`() async throws {
    _ = try await accept(1)
    let first = try #require(try await store.claim(atMost: 1, from: .mail).first)
    try await deliver(first, by: Transport(.uncertain(cause: "no_answer")))
    store.advance(by: .seconds(300))
    #expect(try await store.claim(atMost: 1, from: .mail).isEmpty)
    store.advance(by: .seconds(10))
    let again = try #require(try await store.claim(atMost: 1, from: .mail).first)
    #expect(again.id == first.id && again.failures == 1 && again.lost == 0)
  }

  @Test func `a worker that goes on after its lease changes nothing`() async throws {
    _ = try await accept(1)
    let first = try #require(try await store.claim(atMost: 1, from: .mail).first)
    store.advance(by: .seconds(91))
    let second = try #require(try await store.claim(atMost: 1, from: .suspects).first)
    for outcome in [DeliveryOutcome.delivered, .greylisted, .permanent(cause: "rcpt_550")] {
      try await deliver(first, by: Transport(outcome))
    }
    #expect(book.lines.value.count { $0.contains("outcome=lease_lost") } == 3)
    #expect(store.messagesLeft == 1)
    let transport = Transport()
    try await deliver(second, by: transport)
    #expect(transport.mails.count == 1 && store.messagesLeft == 0)
  }

  @Test func `a mail that takes its workers down is tried alone, and in the end not at all`()
    async throws
  {
    _ = try await accept(1)
    var queue = OutboxQueue.mail
    for lost in 0..<5 {
      let message = try #require(try await store.claim(atMost: 1, from: queue).first)
      #expect(message.lost == lost)
      store.advance(by: .seconds(91))
      queue = .suspects
    }
    let transport = Transport()
    let last = try #require(try await store.claim(atMost: 1, from: .suspects).first)
    try await deliver(last, by: transport)
    #expect(transport.mails.isEmpty && store.messagesLeft == 0)
    #expect(book.lines.value.count { $0.contains("cause=poison") } == 1)
  }
}
