/// Keys that somebody else's lock was met at. Bounded: the oldest is forgotten first, which costs
/// the batch that meets it again another division.
struct Suspects<Key: Hashable> {
  private var ages: [Key: Int] = [:]
  private var order = FIFO<(key: Key, age: Int)>()
  private var next = 0
  private let limit: Int

  init(limit: Int = 1024) { self.limit = limit }

  func contains(anyOf keys: [Key]) -> Bool {
    !ages.isEmpty && keys.contains { ages[$0] != nil }
  }

  mutating func insert(_ keys: [Key]) {
    for key in keys where ages[key] == nil {
      next += 1
      ages[key] = next
      order.append((key, next))
    }
    // What was removed and came again stands in the order twice; only its last place counts.
    while order.count > limit, let oldest = order.popFirst() {
      if ages[oldest.key] == oldest.age { ages[oldest.key] = nil }
    }
  }

  mutating func remove(_ keys: [Key]) {
    guard !ages.isEmpty else { return }
    for key in keys { ages[key] = nil }
  }
}
