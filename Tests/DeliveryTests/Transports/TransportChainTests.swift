import PasswordReset
import Testing

@testable import Delivery

@Suite struct TransportChainTests {
  private let clock = TestClock()
  private let book = LogBook()
  private let lease = TestLease()

  private func chain(_ transports: [any MailTransport], width: Int = 4) -> TransportChain {
    TransportChain(transports, width: width, logger: book.logger) { [clock] in clock.now }
  }

  private func deliver(_ chain: TransportChain) async throws -> TransportChain.Result {
    try await chain.deliver(under: lease)
  }

  /// Starts mails that end when their transport lets them.
  private func begin(
    _ count: Int, _ chain: TransportChain, _ group: inout ThrowingTaskGroup<Void, any Error>
  ) throws {
    for _ in 1...count {
      let work = try chain.begin(under: lease)
      group.addTask { await work() }
    }
  }

  // MARK: Which one

  @Test func `the first takes all while it works`() async throws {
    let (first, second) = (Transport(), Transport())
    let chain = chain([first, second])
    for _ in 1...20 {
      let result = try await deliver(chain)
      #expect(result == TransportChain.Result(outcome: .delivered, transport: "1-smtp"))
    }
    #expect(first.mails.count == 20 && second.mails.isEmpty && chain.onTheWay == [0, 0])
  }

  @Test func `one that is busy is waited for, one that is stalled is passed over`() async throws {
    let (first, second) = (Checkpoint(), Transport())
    let chain = chain([first, second], width: 8)
    try await withThrowingTaskGroup(of: Void.self) { group in
      try begin(2, chain, &group)
      await first.state.until { $0.waiting.count == 2 }
      clock.advance(by: .milliseconds(500))
      #expect(chain.isFull && chain.permits.demand == 0)
      clock.advance(by: .nanoseconds(1))
      #expect(chain.permits.demand == 2)
      #expect(try await deliver(chain).transport == "2-smtp")
      first.openOne()
      await first.state.until { $0.waiting.count == 1 }
      while chain.onTheWay[0] == 2 { await Task.yield() }
      #expect(chain.permits.demand == 3)
      first.openOne()
    }
  }

  @Test func `mails that are not ready yet do not make a transport look stalled`() async throws {
    let chain = chain([Transport(), Transport()])
    var works = try (1...2).map { _ in try chain.begin(under: lease) }
    clock.advance(by: .seconds(60))
    #expect(works.count == 2 && chain.isFull)
    works = []
    #expect(chain.onTheWay == [0, 0] && chain.permits.demand == 2)
  }

  @Test func `where nothing goes nothing is wanted`() async throws {
    let chain = chain([Transport(.broken), Transport(.broken)])
    for _ in 1...3 { _ = try await deliver(chain) }
    #expect(chain.isFull && chain.permits.demand == 0)
    #expect(chain.states.map(\.state) == [.open, .open])
    clock.advance(by: .seconds(2))
    #expect(chain.permits.demand == 1)
  }

  @Test func `where everything flows more are wanted than there are permits`() async throws {
    for (width, extra) in [(1, 20), (6, 120), (8, 128), (100, 128)] {
      let chain = chain([Transport()], width: width)
      for _ in 1...10 { _ = try await deliver(chain) }
      #expect(chain.permits.demand == width + extra)
    }
  }

  // MARK: From one to the next

  @Test(arguments: [DeliveryOutcome.broken, .greylisted, .busy(30)])
  func `a transient failure goes to the next at once`(_ outcome: DeliveryOutcome) async throws {
    let (first, second) = (Transport(outcome), Transport())
    let chain = chain([first, second])
    #expect(try await deliver(chain).transport == "2-smtp")
    #expect(first.mails.count == 1 && second.mails.count == 1 && chain.onTheWay == [0, 0])
  }

  @Test(arguments: [
    DeliveryOutcome.delivered, .uncertain(cause: "no_answer"),
    .permanent(cause: "rcpt_550", isRecipient: true), .leaseLost,
  ])
  func `what went out, may have or must not goes nowhere else`(
    _ outcome: DeliveryOutcome
  ) async throws {
    let second = Transport()
    let chain = chain([Transport(outcome), second])
    #expect(
      try await deliver(chain) == TransportChain.Result(outcome: outcome, transport: "1-smtp"))
    #expect(second.mails.isEmpty && chain.onTheWay == [0, 0])
  }

  @Test func `a lease that is lost on the way stops it`() async throws {
    let second = Transport()
    let chain = chain([Transport(.broken) { [lease] in lease.lose() }, second])
    #expect(try await deliver(chain).outcome == .broken)
    #expect(second.mails.isEmpty && chain.onTheWay == [0, 0])
  }

  @Test func `the next is not asked while it is shut`() async throws {
    let second = Transport(.broken)
    let chain = chain([Transport(.greylisted), second])
    for _ in 1...5 { _ = try await deliver(chain) }
    #expect(second.mails.count == 3 && chain.states.map(\.state) == [.closed, .open])
    clock.advance(by: .seconds(2))
    _ = try await deliver(chain)
    #expect(second.mails.count == 4)
  }

  @Test func `one that fails fast does not crowd the next beyond its width`() async throws {
    let second = Checkpoint()
    let chain = chain([Transport(.greylisted), second], width: 3)
    try await withThrowingTaskGroup(of: Void.self) { group in
      try begin(1, chain, &group)
      try begin(1, chain, &group)
      await second.state.until { $0.waiting.count == 2 }
      try begin(1, chain, &group)
      await second.state.until { $0.waiting.count == 3 }
      for _ in 1...5 { #expect(try await deliver(chain).transport == "1-smtp") }
      #expect(second.state.value.most == 3 && chain.onTheWay == [0, 3])
      for _ in 1...3 { second.openOne() }
    }
  }

  @Test func `a second one that comes back is probed by one mail alone`() async throws {
    let second = Checkpoint()
    let chain = chain([Transport(.greylisted), second])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for arrived in 1...3 {
        try begin(1, chain, &group)
        await second.state.until { $0.arrived == arrived }
        second.openOne(.broken)
        while chain.onTheWay != [0, 0] { await Task.yield() }
      }
      #expect(chain.states.map(\.state) == [.closed, .open])
      clock.advance(by: .seconds(2))
      try begin(1, chain, &group)
      await second.state.until { $0.arrived == 4 }
      for _ in 1...5 { _ = try await deliver(chain) }
      #expect(second.state.value.arrived == 4)
      second.openOne()
    }
    #expect(chain.states.map(\.state) == [.closed, .closed])
  }

  // MARK: How long to wait

  private static let pauses: [([DeliveryOutcome], Int64?)] = [
    ([.busy(30)], 30), ([.broken], nil), ([.busy(30), .busy(20)], 20),
    ([.busy(30), .broken], nil), ([.broken, .busy(20)], nil),
  ]

  @Test(arguments: pauses)
  func `a pause counts only where every transport asked for one`(
    _ outcomes: [DeliveryOutcome], _ expected: Int64?
  ) async throws {
    let outcome = try await deliver(chain(outcomes.map { Transport($0) })).outcome
    guard case .transient(_, _, let askedFor) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(askedFor?.seconds == expected)
  }

  @Test func `one that was not asked did not ask for a pause`() async throws {
    let second = Transport(.delivered, .delivered, .delivered, .busy(3600))
    let chain = chain([Transport(.broken), second])
    // Opens the first; the second refuses while the first is shut.
    for _ in 1...3 { _ = try await deliver(chain) }
    let result = try await deliver(chain)
    guard case .transient("http_429", _, let askedFor) = result.outcome else {
      Issue.record("\(result)")
      return
    }
    #expect(askedFor == nil && chain.states.map(\.state) == [.open, .open])
  }
}
