import Logging
import PasswordReset
import Testing

@testable import Delivery

@Suite struct GateTests {
  @Test func `a turnstile lets so many through at once`() {
    let gate = Turnstile(width: 2)
    #expect(gate.appetite == 2 && gate.enter() != nil && gate.enter() != nil)
    #expect(gate.appetite == 0 && gate.enter() == nil)
    gate.leave(())
    #expect(gate.appetite == 1 && gate.enter() != nil && gate.enter() == nil)
  }

  @Test func `in single file the next waits for the end, not only for the place`() throws {
    let behind = Turnstile(width: 5)
    let gate = SingleFile(behind)
    #expect(gate.appetite == 1)
    let place: Void = try #require(gate.enter())
    #expect(gate.appetite == 0 && gate.enter() == nil && behind.appetite == 4)
    gate.leave(place)
    #expect(gate.appetite == 0 && gate.enter() == nil && behind.appetite == 5)
    gate.finish()
    #expect(gate.appetite == 1 && gate.enter() != nil)
  }

  @Test func `in single file nobody is held up by who found no place`() throws {
    let behind = Turnstile(width: 1)
    let gate = SingleFile(behind)
    let taken: Void = try #require(behind.enter())
    #expect(gate.enter() == nil && gate.appetite == 0)
    behind.leave(taken)
    #expect(gate.enter() != nil)
  }

  @Test func `many hints before it looks are one`() async {
    let signal = WakeSignal()
    for _ in 0..<100 { signal.send() }
    signal.finish()
    var seen = 0
    for await _ in signal.stream { seen += 1 }
    #expect(seen == 1)
  }
}
