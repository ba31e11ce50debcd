import PasswordReset
import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(1))) struct DependencyQueueTests {
  private let clock = TestClock()
  private let book = LogBook()
  private let rooms = Watched(0)
  private let app = Checkpoint()

  private func queue(width: Int = 2, waiting: ClosedRange<Int> = 3...3) -> DependencyQueue {
    DependencyQueue(
      "directory", "accounts", width: width, waiting: waiting, logger: book.logger,
      now: { [clock] in clock.now }, onRoom: { [rooms] in rooms.update { $0 += 1 } })
  }

  private func call(_ queue: DependencyQueue) async -> DependencyQueue.Answer<DeliveryOutcome> {
    await queue.call(judge: { $0 }) { [app] in await app.wait() }
  }

  /// How long one that is sent away has to wait.
  private func pause(_ queue: DependencyQueue) async -> Int64 {
    guard case .mustWait(let pause) = await call(queue) else {
      Issue.record("not sent away")
      return 0
    }
    return pause.seconds
  }

  /// Fills the queue: two calls and three that wait.
  private func filled(
    _ queue: DependencyQueue, _ body: () async throws -> Void
  ) async throws -> [Int64?] {
    try await withThrowingTaskGroup(of: Int64?.self) { group in
      for _ in 1...2 { group.addTask { await call(queue).pause } }
      await app.state.until { $0.arrived == 2 }
      for count in 1...3 {
        group.addTask { await call(queue).pause }
        while queue.waitingNow < count { await Task.yield() }
      }
      try await body()
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test func `so many call at once, so many wait, and one more is sent away`() async throws {
    let queue = queue()
    let pauses = try await filled(queue) {
      #expect(await pause(queue) == 1)
      for done in 1...5 {
        app.openOne()
        await app.state.until { $0.arrived == min(5, 2 + done) }
      }
    }
    #expect(pauses == Array(repeating: nil, count: 5))
    #expect(app.state.value.most == 2 && rooms.value > 0)
  }

  @Test func `once it opens those that wait are sent away too, and it is said once`() async throws {
    let queue = queue()
    let pauses = try await filled(queue) {
      for failed in 1...3 {
        app.openOne(.broken)
        if failed == 1 { await app.state.until { $0.waiting.count == 1 } }
        if failed == 2 { await app.state.until { $0.arrived == 3 } }
      }
    }
    #expect(pauses.compactMap { $0 }.allSatisfy { (1...12).contains($0) })
    #expect(pauses.count { $0 != nil } == 2 && app.state.value.arrived == 3)
    #expect(queue.state.state == .open && queue.state.cause == "connect_refused")
    #expect(queue.state.transport == "accounts" && rooms.value == 0)
    #expect(
      book.lines.value == ["warning directory cause=connect_refused directory=accounts state=open"])
    #expect((1...12).contains(await pause(queue)))
  }

  @Test func `one probes, and its answer closes it`() async throws {
    let queue = queue(width: 1)
    for _ in 1...3 {
      async let answer = call(queue)
      await app.state.until { !$0.waiting.isEmpty }
      app.openOne(.broken)
      _ = await answer
    }
    clock.advance(by: .seconds(2))
    async let probe = call(queue)
    await app.state.until { $0.arrived == 4 }
    #expect((1...10).contains(await pause(queue)))
    app.openOne()
    #expect(await probe.pause == nil)
    #expect(
      book.lines.value.dropFirst() == [
        "notice directory directory=accounts state=half_open",
        "notice directory directory=accounts state=closed",
      ])
  }

  @Test func `a fault of one question says nothing of the way`() async throws {
    let queue = queue()
    for _ in 1...9 {
      async let answer = call(queue)
      await app.state.until { !$0.waiting.isEmpty }
      app.openOne(.greylisted)
      _ = await answer
    }
    #expect(queue.state.state == .closed && book.lines.value.isEmpty)
  }

  @Test func `cancelled in the queue it may come again at once, and takes nobody's turn`()
    async throws
  {
    let queue = queue(width: 1)
    async let first = call(queue)
    await app.state.until { $0.arrived == 1 }
    let cancelled = Task { await call(queue).pause }
    while queue.waitingNow < 1 { await Task.yield() }
    async let next = call(queue)
    while queue.waitingNow < 2 { await Task.yield() }
    cancelled.cancel()
    #expect(await cancelled.value == 0)
    app.openOne()
    await app.state.until { $0.arrived == 2 }
    app.openOne()
    #expect(await first.pause == nil)
    #expect(await next.pause == nil)
  }

  @Test(arguments: [(100, 20), (2, 256), (1000, 3), (4000, 3)])
  func `as many wait as have their turn within a second`(_ takes: Int, _ count: Int) async {
    let queue = queue(width: 2, waiting: 3...256)
    for _ in 1...3 {
      _ = await queue.call(judge: { $0 }) {
        clock.advance(by: .milliseconds(takes))
        return .delivered
      }
    }
    await withTaskGroup(of: Void.self) { group in
      for _ in 1...count + 2 { group.addTask { _ = await call(queue) } }
      while queue.waitingNow < count { await Task.yield() }
      guard case .mustWait = await call(queue) else {
        Issue.record("not sent away")
        return
      }
      #expect(queue.waitingNow == count)
      for _ in 1...count + 2 {
        await app.state.until { !$0.waiting.isEmpty }
        app.openOne()
      }
    }
  }

  @Test func `cancelled before it comes it does not call`() async {
    let queue = queue()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return await call(queue).pause
    }
    task.cancel()
    #expect(await task.value == 0)
    #expect(app.state.value.arrived == 0)
  }

  @Test func `those sent away come again at the pace of the answers`() async throws {
    let queue = queue(width: 2, waiting: 0...0)
    try await withThrowingTaskGroup(of: Int64?.self) { group in
      for _ in 1...2 { group.addTask { await call(queue).pause } }
      await app.state.until { $0.arrived == 2 }
      #expect(await pause(queue) == 1)
      // Nothing has come back for a second: with two at once that is two a second.
      clock.advance(by: .seconds(1))
      var pauses: [Int64] = []
      for _ in 1...6 { pauses.append(await pause(queue)) }
      #expect(pauses == [1, 2, 2, 3, 3, 4])
      for _ in 1...100 { pauses.append(await pause(queue)) }
      #expect(pauses.max() == 31)
      for _ in 1...2 { app.openOne() }
      for try await _ in group {}
    }
  }
}

extension DependencyQueue.Answer {
  fileprivate var pause: Int64? {
    if case .mustWait(let pause) = self { pause.seconds } else { nil }
  }
}
