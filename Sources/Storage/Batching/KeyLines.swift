/// A line for each key. Whoever stands first in all of its lines has its keys; the others wait. All
/// lines have the order of arrival, so nobody waits in a circle.
struct KeyLines<Item, Outcome: Sendable, Key: Hashable> {
  typealias Place = Waiting<Item, Outcome, Key>

  private var lines: [Key: FIFO<Place>] = [:]
  /// How many stand behind somebody.
  private(set) var blocked = 0

  /// Of the lines that somebody with these keys would join.
  func longest(of keys: [Key]) -> Int {
    keys.reduce(0) { max($0, lines[$1]?.count ?? 0) }
  }

  /// Whether it has its keys at once.
  mutating func join(_ place: Place) -> Bool {
    for key in place.keys {
      if lines[key] != nil { place.blockers += 1 }
      lines[key, default: FIFO()].append(place)
    }
    if place.blockers > 0 { blocked += 1 }
    return place.blockers == 0
  }

  /// Who has all of its keys now that the first of these lines has left.
  mutating func leave(_ place: Place) -> [Place] {
    var freed: [Place] = []
    for key in place.keys {
      _ = lines[key]?.popFirst()
      guard let next = lines[key]?.first else {
        lines[key] = nil
        continue
      }
      next.blockers -= 1
      if next.blockers == 0 {
        blocked -= 1
        freed.append(next)
      }
    }
    return freed
  }
}
