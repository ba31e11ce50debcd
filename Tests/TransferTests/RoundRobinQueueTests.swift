import Testing

@testable import Transfer

@Suite struct RoundRobinQueueTests {
  private final class Job: Waiting {
    let name: String
    var isEnded = false
    init(_ name: String) { self.name = name }
  }

  @Test func `keys take turns and within a key the first comes first`() {
    var queue = RoundRobinQueue<String, Job>()
    for name in ["a1", "a2", "a3", "b1", "c1", "b2"] {
      queue.append(Job(name), for: String(name.prefix(1)))
    }
    var names: [String] = []
    while let job = queue.next(where: { _ in true }) { names.append(job.name) }
    #expect(names == ["a1", "b1", "c1", "a2", "b2", "a3"])
    #expect(queue.isEmpty)
  }

  @Test func `a key that cannot start is passed over and keeps its place`() {
    var queue = RoundRobinQueue<String, Job>()
    queue.append(Job("a"), for: "a")
    queue.append(Job("b"), for: "b")
    #expect(queue.next(where: { $0 != "a" })?.name == "b")
    #expect(queue.next(where: { $0 != "a" }) == nil)
    #expect(queue.next(where: { _ in true })?.name == "a")
  }

  @Test func `ended work is dropped, and thousands keep their order`() {
    var queue = RoundRobinQueue<Int, Job>()
    for number in 0..<5000 {
      let job = Job("\(number)")
      job.isEnded = number.isMultiple(of: 2)
      queue.append(job, for: 0)
    }
    for number in stride(from: 1, to: 5000, by: 2) {
      #expect(queue.next(where: { _ in true })?.name == "\(number)")
    }
    #expect(queue.next(where: { _ in true }) == nil)
  }
}
