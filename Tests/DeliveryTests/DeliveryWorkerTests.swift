import Logging
import PasswordReset
import ServiceLifecycle
import ServiceLifecycleTestKit
import StoreContract
import Testing

@testable import Delivery

/// The polls of most of these are an hour apart, so that only hints and free places count.
@Suite(.timeLimit(.minutes(2))) struct DeliveryWorkerTests {
  private let outbox = ScriptedOutbox()
  private let signal = WakeSignal()
  private let gate = Gate()

  private func worker(
    concurrency: Int = 3, lease: Int64 = 90, poll: Duration = .seconds(3600),
    transport: (any MailTransport)? = nil
  ) throws -> (Office, DeliveryWorker) {
    var office = try Office(outbox: outbox)
    office.transport = transport ?? gate
    let worker = DeliveryWorker(
      outbox: outbox, courier: try office.courier(), signal: signal, concurrency: concurrency,
      lease: WholeDuration(seconds: lease), pollInterval: poll, logger: office.book.logger)
    return (office, worker)
  }

  /// Runs the worker while `body` does, then shuts it down and waits for its end.
  private func running(
    _ worker: DeliveryWorker, _ body: (ServiceGroup) async throws -> Void
  ) async throws {
    let services = ServiceGroup(services: [worker], logger: Logger(label: "test"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      try await body(services)
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
    }
  }

  private func messages(_ office: Office, _ numbers: ClosedRange<UInt8>) throws -> [ClaimedMessage]
  {
    try numbers.map { try office.message(number: $0) }
  }

  // MARK: How much at once

  @Test func `never more are in hand than allowed, and no more are claimed than there are places`()
    async throws
  {
    let (office, worker) = try worker(concurrency: 3)
    outbox.add(try messages(office, 1...7))
    try await running(worker) { _ in
      await gate.state.until { $0.waiting.count == 3 }
      for sent in 1...7 {
        gate.openOne()
        await outbox.state.until { $0.finishes.count == sent }
        await gate.state.until { $0.arrived >= min(7, sent + 3) }
      }
    }
    let state = outbox.state.value
    #expect(state.mostInHand == 3 && state.finishes.count == 7)
    #expect(state.claims.first == 3 && state.claims.allSatisfy { (1...3).contains($0) })
    #expect(state.finishes.allSatisfy { $0.outcome == .sent })
  }

  @Test func `a backlog drains without a hint between`() async throws {
    let (office, worker) = try worker(concurrency: 4, transport: Transport())
    outbox.add(try messages(office, 1...120))
    try await running(worker) { _ in
      await outbox.state.until { $0.finishes.count == 120 }
    }
    #expect(outbox.state.value.mostInHand <= 4)
    #expect(Set(outbox.state.value.finishes.map(\.message)).count == 120)
  }

  @Test func `one slow mail holds up no other`() async throws {
    let (office, worker) = try worker(concurrency: 2)
    outbox.add(try messages(office, 1...4))
    try await running(worker) { _ in
      await gate.state.until { $0.waiting.count == 2 }
      let slow = gate.state.value.waiting.keys.max() ?? 0
      for _ in 1...3 {
        let before = outbox.state.value.finishes.count
        gate.openAny(but: slow)
        await outbox.state.until { $0.finishes.count == before + 1 }
        await gate.state.until { $0.waiting.count == 2 || $0.arrived == 4 }
      }
      #expect(gate.state.value.waiting.keys.map { $0 } == [slow])
      gate.openOne()
    }
    #expect(outbox.state.value.finishes.count == 4)
  }

  // MARK: When it looks

  @Test func `it looks at its start, for what has waited`() async throws {
    let (office, worker) = try worker(transport: Transport())
    outbox.add(try messages(office, 1...1))
    try await running(worker) { _ in await outbox.state.until { $0.finishes.count == 1 } }
  }

  @Test func `a hint wakes it`() async throws {
    let (office, worker) = try worker(transport: Transport())
    try await running(worker) { _ in
      await outbox.state.until { !$0.claims.isEmpty }
      outbox.add(try messages(office, 1...1))
      signal.send()
      await outbox.state.until { $0.finishes.count == 1 }
    }
  }

  @Test func `without any hint it finds out by itself`() async throws {
    let (office, worker) = try worker(poll: .milliseconds(5), transport: Transport())
    try await running(worker) { _ in
      await outbox.state.until { $0.claims.count > 2 }
      outbox.add(try messages(office, 1...1))
      await outbox.state.until { $0.finishes.count == 1 }
    }
  }

  @Test func `a look that fails is followed by another`() async throws {
    let (office, worker) = try worker(poll: .milliseconds(5), transport: Transport())
    outbox.state.update { $0.claimFaults = [.unavailable, .overloaded, .corrupt] }
    outbox.add(try messages(office, 1...1))
    try await running(worker) { _ in await outbox.state.until { $0.finishes.count == 1 } }
    #expect(outbox.state.value.claims.count >= 4)
  }

  @Test func `many hints before it looks are one`() async {
    let signal = WakeSignal()
    for _ in 0..<100 { signal.send() }
    signal.finish()
    var seen = 0
    for await _ in signal.stream { seen += 1 }
    #expect(seen == 1)
  }

  // MARK: Leases

  @Test func `the leases of what is in hand are renewed, of nothing else`() async throws {
    let (office, worker) = try worker(concurrency: 2, lease: 1)
    let message = try office.message()
    outbox.add([message])
    try await running(worker) { _ in
      await outbox.state.until { $0.renewals.count >= 2 }
      gate.openOne()
      await outbox.state.until { $0.finishes.count == 1 }
    }
    #expect(outbox.state.value.renewals.allSatisfy { $0 == [message.id] })
  }

  // MARK: The end

  @Test func `told to end, it finishes what is in hand and takes nothing new`() async throws {
    let (office, worker) = try worker(concurrency: 2)
    outbox.add(try messages(office, 1...5))
    try await testGracefulShutdown { end in
      async let run: Void = worker.run()
      await gate.state.until { $0.waiting.count == 2 }
      end.triggerGracefulShutdown()
      gate.openOne()
      await outbox.state.until { $0.finishes.count == 1 }
      gate.openOne()
      try await run
    }
    let state = outbox.state.value
    #expect(state.finishes.count == 2 && state.finishes.allSatisfy { $0.outcome == .sent })
    #expect(state.waiting.count == 3 && state.inHand == 0)
  }

  @Test func `it ends also where the backlog never does`() async throws {
    let (office, worker) = try worker(concurrency: 4, transport: Transport())
    let endless = EndlessOutbox(try office.message())
    let courier = try EndlessOutbox.courier(endless, office)
    let busy = DeliveryWorker(
      outbox: endless, courier: courier, signal: signal, concurrency: 4,
      lease: WholeDuration(seconds: 90), pollInterval: .milliseconds(1), logger: office.book.logger)
    _ = worker
    try await running(busy) { _ in await endless.sent.until { $0 > 50 } }
    #expect(endless.sent.value > 50)
  }

  @Test func `with nothing in hand it ends at once`() async throws {
    let (_, worker) = try worker()
    try await running(worker) { _ in await outbox.state.until { !$0.claims.isEmpty } }
    #expect(outbox.state.value.finishes.isEmpty)
  }

  @Test func `cancelled, it hands back what is in hand`() async throws {
    let (office, worker) = try worker(concurrency: 2)
    outbox.add(try messages(office, 1...2))
    let run = Task { try await worker.run() }
    await gate.state.until { $0.waiting.count == 2 }
    run.cancel()
    _ = await run.result
    #expect(outbox.state.value.finishes.map(\.outcome) == [.released, .released])
  }
}

/// Always has another message due.
private final class EndlessOutbox: Outbox {
  let sent = Watched(0)
  private let number = Watched<UInt64>(0)
  private let template: ClaimedMessage

  init(_ template: ClaimedMessage) { self.template = template }

  static func courier(_ outbox: EndlessOutbox, _ office: Office) throws -> Courier {
    let book = CallerBook(common: try Sample.settings(), own: [:])
    return Courier(
      Courier.Parts(
        outbox: outbox, vault: office.vault, callers: Current(book), directory: { _ in nil },
        composer: office.composer, transport: office.transport, link: { $0 },
        lifetime: WholeDuration(seconds: 1800), giveUpAfter: WholeDuration(seconds: 7200)),
      logger: office.book.logger)
  }

  func claim(atMost limit: Int) async throws(ResetError) -> [ClaimedMessage] {
    (0..<limit).compactMap { _ in
      let next = number.update { number in
        number += 1
        return number
      }
      let random = (0..<10).map { UInt8(truncatingIfNeeded: next >> (8 * UInt64($0 % 8))) }
      return RequestID(at: Sample.moment, random: random).map {
        ClaimedMessage(
          id: $0, kind: .link, attempt: 1, requestID: template.requestID, content: template.content)
      }
    }
  }

  func finish(
    _ message: ClaimedMessage, _ outcome: AttemptOutcome
  ) async throws(ResetError) -> Bool {
    sent.update { $0 += 1 }
    return true
  }

  func renew(_ messages: [ClaimedMessage]) async throws(ResetError) {}

  func name(
    _ account: KeyedHash, sealed: Vault.Sealed, for message: ClaimedMessage
  ) async throws(ResetError) -> Bool { true }
}
