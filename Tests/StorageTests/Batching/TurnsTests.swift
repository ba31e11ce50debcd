import PasswordReset
import Synchronization
import Testing

@testable import Storage

@Suite struct TurnsTests {
  /// A body that stays until it is let go, and tells when it is in.
  private final class Gate: Sendable {
    private let (entered, entering) = AsyncStream.makeStream(of: Void.self)
    private let (left, leaving) = AsyncStream.makeStream(of: Void.self)

    func stay() async {
      entering.yield()
      for await _ in left { break }
    }

    func wait() async { for await _ in entered { break } }

    func open() { leaving.yield() }
  }

  @Test func `of one key one is in, and another key does not wait for it`() async throws {
    let (turns, gate) = (Turns<Int>(), Gate())
    let count = Mutex(0)
    async let first: Void = turns.take(1) { () throws(ResetError) in await gate.stay() }
    await gate.wait()
    async let second: Void = turns.take(1) { () throws(ResetError) in count.withLock { $0 += 1 } }
    try await turns.take(2) { () throws(ResetError) in }
    #expect(count.withLock { $0 } == 0)
    gate.open()
    _ = try await (first, second)
    #expect(count.withLock { $0 } == 1)
  }

  @Test func `a full line refuses, and a failed one lets the next in`() async throws {
    let (turns, gate) = (Turns<Int>(line: 0), Gate())
    let first = Task {
      try await turns.take(1) { () throws(ResetError) in
        await gate.stay()
        throw .unavailable
      }
    }
    await gate.wait()
    await #expect(throws: ResetError.overloaded) {
      try await turns.take(1) { () throws(ResetError) in }
    }
    gate.open()
    await #expect(throws: ResetError.unavailable) { try await first.value }
    try await turns.take(1) { () throws(ResetError) in }
  }
}
