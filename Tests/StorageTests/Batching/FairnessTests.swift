import PasswordReset
import Testing

@testable import Storage

@Suite struct FairnessTests {
  /// Items that are submitted one after another while a first batch is held, so that they wait in
  /// this order.
  private func gathered(
    _ items: [TestItem], _ batches: ScriptedBatches, _ batcher: Batcher<TestItem, Int, String>
  ) async -> [Result<Int, ResetError>] {
    batches.hold()
    async let first = batcher.outcome(of: TestItem(-1))
    await batcher.fill(to: 1)
    let tasks = await waiting(items, batcher)
    batches.letGo()
    _ = await first
    var outcomes: [Result<Int, ResetError>] = []
    for task in tasks { outcomes.append(await task.value) }
    return outcomes
  }

  private func waiting(
    _ items: [TestItem], _ batcher: Batcher<TestItem, Int, String>
  ) async -> [Task<Result<Int, ResetError>, Never>] {
    var tasks: [Task<Result<Int, ResetError>, Never>] = []
    for item in items {
      let before = await batcher.inside
      let isEnded = Told<Bool>()
      tasks.append(
        Task {
          let outcome = await batcher.outcome(of: item)
          isEnded.add(true)
          return outcome
        })
      // Inside now, or refused at once.
      while await batcher.inside == before, isEnded.all.isEmpty { await Task.yield() }
    }
    return tasks
  }

  @Test func `whoever gathers while a batch is in flight stands in the next one`() async {
    let batches = ScriptedBatches()
    let outcomes = await gathered((0..<100).map { TestItem($0) }, batches, batches.batcher())
    #expect(outcomes == (0..<100).map { .success($0) })
    #expect(batches.runs.map(\.names) == [[-1], Array(0..<64), Array(64..<100)])
  }

  @Test func `those of one key go one by one in their order, and strangers pass them`() async {
    let batches = ScriptedBatches()
    let items = (0..<5).map { TestItem($0, "hot") } + (10..<13).map { TestItem($0, "\($0)") }
    let outcomes = await gathered(items, batches, batches.batcher())
    #expect(outcomes == items.map { .success($0.name) })
    #expect(batches.runs.map(\.names) == [[-1], [0, 10, 11, 12], [1], [2], [3], [4]])
  }

  @Test func `who has two keys waits for both and holds both`() async {
    let batches = ScriptedBatches()
    let items = [
      TestItem(0, "a"), TestItem(1, "a", "b"), TestItem(2, "b"), TestItem(3, "b", "a", "a"),
      TestItem(4, "c"),
    ]
    let outcomes = await gathered(items, batches, batches.batcher())
    #expect(outcomes == (0..<5).map { .success($0) })
    #expect(batches.runs.map(\.names) == [[-1], [0, 4], [1], [2], [3]])
  }

  @Test func `four thousand of one key leave strangers their place`() async {
    let batches = ScriptedBatches()
    let strangers = (5000..<5500).map { TestItem($0, "\($0)") }
    let items = (0..<4000).map { TestItem($0, "hot") } + strangers
    let outcomes = await gathered(items, batches, batches.batcher())
    // One in hand and 256 behind it; more of that key are refused, and nobody else.
    #expect(Array(outcomes.prefix(257)) == (0..<257).map { .success($0) })
    #expect(outcomes[257..<4000].allSatisfy { $0 == .failure(.overloaded) })
    #expect(Array(outcomes.suffix(500)) == strangers.map { .success($0.name) })
    // Strangers were done with the first eight of the hot ones.
    let last = batches.runs.lastIndex { run in run.names.contains { $0 >= 5000 } }
    #expect(last == 8)
  }

  @Test func `however many keys are in demand, half of the queue is for strangers`() async {
    let batches = ScriptedBatches()
    let batcher = batches.batcher { $0.queue = 100 }
    let hot = (0..<90).map { TestItem($0, "hot \($0 % 9)") }
    let strangers = (1000..<1040).map { TestItem($0, "\($0)") }
    let outcomes = await gathered(hot + strangers, batches, batcher)
    #expect(outcomes.prefix(90).count { (try? $0.get()) != nil } == 9 + 50)
    #expect(Array(outcomes.suffix(40)) == strangers.map { .success($0.name) })
  }

  @Test func `a full queue refuses at once`() async {
    let batches = ScriptedBatches()
    let batcher = batches.batcher { $0.queue = 3 }
    let outcomes = await gathered((0..<4).map { TestItem($0) }, batches, batcher)
    #expect(outcomes == [.success(0), .success(1), .failure(.overloaded), .failure(.overloaded)])
  }

  @Test func `those who stood behind others are told what is known by then`() async {
    let batches = ScriptedBatches()
    let batcher = batches.batcher { rules in
      rules.answer = { item in item.name == 2 ? nil : item.name + 100 }
    }
    let items = (0..<5).map { TestItem($0, "hot") }
    let outcomes = await gathered(items, batches, batcher)
    #expect(outcomes == [0, 101, 2, 103, 104].map { .success($0) })
    #expect(batches.runs.map(\.names) == [[-1], [0], [2]])
  }

  @Test func `those that do not belong together take turns`() async {
    let batches = ScriptedBatches()
    let batcher = batches.batcher { rules in
      rules.batch = 2
      rules.belong = { $0.name % 2 == $1.name % 2 }
    }
    _ = await gathered((0..<7).map { TestItem($0) }, batches, batcher)
    #expect(batches.runs.map(\.names) == [[-1], [0, 2], [1, 3], [4, 6], [5]])
  }

  @Test func `who has waited too long is not begun`() async {
    let batches = ScriptedBatches()
    let batcher = batches.batcher { $0.patience = .zero }
    #expect(await batcher.outcome(of: TestItem(0)) == .failure(.unavailable))
    #expect(batches.runs.isEmpty)
  }
}
