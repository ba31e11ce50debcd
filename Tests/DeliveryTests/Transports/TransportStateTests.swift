import PasswordReset
import Testing

@testable import Delivery

@Suite struct TransportStateTests {
  private let clock = TestClock()
  private let book = LogBook()
  private let lease = TestLease()

  private func chain(_ transports: [any MailTransport], width: Int = 4) -> TransportChain {
    TransportChain(transports, width: width, logger: book.logger) { [clock] in clock.now }
  }

  private func deliver(_ chain: TransportChain) async throws -> TransportChain.Result {
    try await chain.deliver(under: lease)
  }

  // MARK: What it says

  @Test(arguments: [
    DeliveryOutcome.transient(cause: "cancelled", blame: .transport),
    .uncertain(cause: "cancelled"),
  ])
  func `being cancelled says nothing about the way`(_ outcome: DeliveryOutcome) async throws {
    let chain = chain([
      Transport(outcome) { withUnsafeCurrentTask { $0?.cancel() } }, Transport(),
    ])
    for _ in 1...5 {
      let task = Task { [lease] in try await chain.deliver(under: lease) }
      #expect(try await task.value.transport == "1-smtp")
    }
    #expect(chain.states[0].state == .closed && chain.states[0].cause == nil)
    #expect(chain.onTheWay == [0, 0])
  }

  @Test func `a lost lease says nothing about the way`() async throws {
    let chain = chain([Transport(.broken, .broken, .leaseLost, .broken)])
    for _ in 1...3 { _ = try await deliver(chain) }
    #expect(chain.states[0].state == .closed)
    _ = try await deliver(chain)
    #expect(chain.states[0].state == .open)
  }

  @Test func `states tell how each fares, why, and since when`() async throws {
    let chain = chain([Transport(.broken), Transport()])
    clock.advance(by: .seconds(5))
    for _ in 1...3 { _ = try await deliver(chain) }
    clock.advance(by: .milliseconds(900))
    #expect(
      chain.states == [
        TransportState(
          transport: "1-smtp", state: .open, cause: "connect_refused", since: .milliseconds(900)),
        TransportState(transport: "2-smtp", state: .closed, cause: nil, since: .milliseconds(5900)),
      ])
  }

  @Test func `the log has one line for each change and names no address`() async throws {
    let chain = chain([Transport(.broken, .broken, .broken, .uncertain(cause: "dot"), .delivered)])
    for _ in 1...3 { _ = try await deliver(chain) }
    for _ in 1...3 {
      clock.advance(by: .seconds(4))
      _ = try await deliver(chain)
    }
    #expect(
      book.lines.value == [
        "warning transport cause=connect_refused state=open transport=1-smtp",
        "notice transport state=half_open transport=1-smtp",
        "warning transport cause=dot state=open transport=1-smtp",
        "notice transport state=half_open transport=1-smtp",
        "notice transport state=closed transport=1-smtp",
      ])
  }

  // MARK: Permits

  @Test(arguments: 0..<10)
  func `after any outcomes no permit is lost`(_ round: Int) async throws {
    let outcomes: [DeliveryOutcome] = [
      .delivered, .broken, .greylisted, .busy(1), .uncertain(cause: "x"), .permanent(cause: "y"),
      .leaseLost,
    ]
    let transports = (1...3).map { _ in RandomTransport(outcomes) }
    let chain = chain(transports, width: 5)
    let mail = try Sample.mail()
    await withTaskGroup(of: Void.self) { group in
      for _ in 1...300 {
        clock.advance(by: .milliseconds(.random(in: 0...500)))
        // Others end meanwhile, so a look before would say nothing of this moment.
        let work = chain.permits.begin { permit in
          _ = await chain.deliver(mail, under: lease, with: permit)
        }
        guard let work else { continue }
        if Int.random(in: 0..<5) == 0 { continue }
        group.addTask { await work() }
      }
      await group.waitForAll()
    }
    #expect(chain.onTheWay == [0, 0, 0])
    clock.advance(by: .seconds(3600))
    #expect(!chain.isFull)
  }
}

/// Answers at random, after others had their turn.
private struct RandomTransport: MailTransport {
  let outcomes: [DeliveryOutcome]

  init(_ outcomes: [DeliveryOutcome]) { self.outcomes = outcomes }

  func deliver(
    _ mail: RenderedMail, under lease: any Lease, patience: Duration
  ) async -> DeliveryOutcome {
    for _ in 0..<Int.random(in: 0...3) { await Task.yield() }
    return outcomes.randomElement() ?? .delivered
  }
}
