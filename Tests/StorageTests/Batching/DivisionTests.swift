import PasswordReset
import Testing

@testable import Storage

@Suite struct DivisionTests {
  private let batches = ScriptedBatches()

  /// 64 strangers, each with a key of its own.
  private static let items = (0..<64).map { TestItem($0, "\($0)") }

  /// A whole batch at once: it gathers while the first is held.
  private func run(
    _ items: [TestItem] = items, in batcher: Batcher<TestItem, Int, String>
  ) async -> [Result<Int, ResetError>] {
    batches.hold()
    async let first = batcher.outcome(of: TestItem(1000))
    await batcher.fill(to: 1)
    var tasks: [Task<Result<Int, ResetError>, Never>] = []
    for (place, item) in items.enumerated() {
      tasks.append(Task { await batcher.outcome(of: item) })
      await batcher.fill(to: 2 + place)
    }
    batches.letGo()
    _ = await first
    var outcomes: [Result<Int, ResetError>] = []
    for task in tasks { outcomes.append(await task.value) }
    return outcomes
  }

  private var failing: [ScriptedBatches.Run] { batches.runs.filter { !$0.isDone } }

  @Test(arguments: [0, 7, 8, 31, 63])
  func `of a batch with one locked row only its own request fails`(locked: Int) async {
    batches.blame(locked, .lock)
    let outcomes = await run(in: batches.batcher())
    for (name, outcome) in outcomes.enumerated() {
      #expect(outcome == (name == locked ? .failure(.unavailable) : .success(name)))
    }
    // The whole, an eighth, and the one; then once more where it keeps nobody waiting.
    #expect(failing.map(\.names.count) == [64, 8, 1, 1])
    #expect(failing.map(\.isAlone) == [false, false, false, true])
  }

  @Test func `what is refused for itself is not tried again`() async {
    batches.blame(5, .item)
    let outcomes = await run(in: batches.batcher())
    #expect(outcomes.enumerated().allSatisfy { ($1 == .success($0)) == ($0 != 5) })
    #expect(failing.map(\.names.count) == [64, 8, 1])
    #expect(batches.runs.allSatisfy { !$0.isAlone })
  }

  @Test func `a fault of nobody is everybody's, and is not run again`() async {
    batches.blame(5, .common)
    let outcomes = await run(in: batches.batcher())
    #expect(outcomes == outcomes.map { _ in .failure(.unavailable) })
    #expect(batches.runs.map(\.names.count) == [1, 64])
  }

  @Test func `a fault of nobody while a batch is divided ends the dividing`() async {
    batches.blame(0, .lock)
    batches.blame(63, .common)
    let outcomes = await run(in: batches.batcher())
    // What had been done by then stays done.
    for (name, outcome) in outcomes.enumerated() {
      #expect(outcome == ((8..<56).contains(name) ? .success(name) : .failure(.unavailable)))
    }
    #expect(failing.map(\.names.count) == [64, 8, 8])
  }

  @Test func `with everything locked a batch fails few times, and each then for itself`() async {
    for item in Self.items { batches.blame(item.name, .lock) }
    let outcomes = await run(in: batches.batcher())
    #expect(outcomes == outcomes.map { _ in .failure(.unavailable) })
    #expect(failing.count { !$0.isAlone } == 6)
    #expect(failing.count { $0.isAlone } == 64)
  }

  @Test func `whose key was locked stands alone until it has been done`() async {
    let batcher = batches.batcher()
    batches.blame(9, .lock)
    #expect(await run(in: batcher)[9] == .failure(.unavailable))
    let before = batches.runs.count
    batches.blame(109, .lock)
    #expect(await batcher.outcome(of: TestItem(109, "9")) == .failure(.unavailable))
    #expect(await batcher.outcome(of: TestItem(209, "9", "x")) == .success(209))
    #expect(await batcher.outcome(of: TestItem(309, "9")) == .success(309))
    #expect(batches.runs.dropFirst(before).map(\.isAlone) == [true, true, false])
  }

  @Test func `who stands alone keeps no stranger waiting`() async {
    let batcher = batches.batcher()
    batches.blame(9, .lock)
    _ = await batcher.outcome(of: TestItem(9, "9"))
    batches.hold()
    async let held = batcher.outcome(of: TestItem(9, "9"))
    while batches.heldBatches < 1 { await Task.yield() }
    async let stranger = batcher.outcome(of: TestItem(1, "1"))
    // Both are in flight at once.
    while batches.heldBatches < 2 { await Task.yield() }
    batches.letGo()
    #expect(await stranger == .success(1))
    #expect(await held == .failure(.unavailable))
  }

  @Test func `suspects are few: the oldest is forgotten first`() {
    var suspects = Suspects<Int>(limit: 3)
    suspects.insert([1, 2])
    suspects.remove([1])
    suspects.insert([1, 3])
    suspects.insert([4])
    #expect([1, 2, 3, 4].map { suspects.contains(anyOf: [$0]) } == [true, false, true, true])
    suspects.insert([5])
    #expect([1, 3, 4, 5].map { suspects.contains(anyOf: [$0]) } == [false, true, true, true])
  }

  @Test func `first in is first out over many turns`() {
    var queue = FIFO<Int>()
    var (next, wanted) = (0, 0)
    for round in 0..<500 {
      for _ in 0..<(round % 7) {
        queue.append(next)
        next += 1
      }
      for _ in 0..<(round % 5) where !queue.isEmpty {
        #expect(queue.first == wanted)
        #expect(queue.popFirst() == wanted)
        wanted += 1
      }
      #expect(queue.count == next - wanted)
    }
    while let left = queue.popFirst() {
      #expect(left == wanted)
      wanted += 1
    }
    #expect(wanted == next)
  }
}
