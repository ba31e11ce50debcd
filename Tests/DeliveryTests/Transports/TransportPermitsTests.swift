import PasswordReset
import Testing

@testable import Delivery

@Suite struct TransportPermitsTests {
  private let clock = TestClock()
  private let lease = TestLease()
  private let woken = WakeSignal()

  private func chain(_ transport: Transport = Transport(), width: Int = 1) -> TransportChain {
    let chain = TransportChain([transport], width: width, logger: LogBook().logger) { [clock] in
      clock.now
    }
    chain.permits.wake(woken)
    return chain
  }

  @Test func `a permit that is let go of comes back and wakes who waits`() async {
    let chain = chain()
    do {
      guard let permit = chain.permits.take() else {
        Issue.record("no permit")
        return
      }
      #expect(chain.onTheWay == [1] && chain.isFull)
      _ = permit.transport
    }
    #expect(chain.onTheWay == [0])
    #expect(await woken.count() == 1)
  }

  @Test func `a permit comes back with work that is never run`() async throws {
    let chain = chain()
    var work = [try chain.begin(under: lease)]
    #expect(chain.onTheWay == [1] && work.count == 1)
    work = []
    #expect(chain.onTheWay == [0])
    #expect(await woken.count() == 1)
  }

  @Test func `a permit is worth one mail, however often its work is run`() async throws {
    let transport = Transport()
    let chain = chain(transport)
    let work = try chain.begin(under: lease)
    for _ in 1...3 { await work() }
    #expect(transport.mails.count == 1 && chain.onTheWay == [0])
  }

  @Test func `a permit that comes back unused says nothing about the way`() async throws {
    let chain = chain(Transport(.broken))
    for _ in 1...2 { _ = try await chain.deliver(under: lease) }
    #expect(!chain.isFull)
    _ = try await chain.deliver(under: lease)
    #expect(chain.states.map(\.state) == [.open])
    clock.advance(by: .seconds(2))
    // As a probe neither.
    #expect(!chain.isFull)
    #expect(!chain.isFull && chain.states.map(\.state) == [.halfOpen])
  }
}
