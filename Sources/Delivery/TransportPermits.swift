import Synchronization

/// What messages need to begin, and how many more are wanted.
protocol Gate: Sendable {
  associatedtype Place: Sendable

  /// How many messages should be at hand, counting only those that have not begun.
  var appetite: Int { get }
  func enter() -> Place?
  func leave(_ place: Place)
}

extension TransportChain: Gate {}

/// Lets one through at a time, whatever lies behind it.
final class SingleFile<Behind: Gate>: Gate {
  private let behind: Behind
  private let isTaken = Mutex(false)

  init(_ behind: Behind) { self.behind = behind }

  var appetite: Int { isTaken.withLock { $0 } ? 0 : min(1, behind.appetite) }

  func enter() -> Behind.Place? {
    isTaken.withLock { isTaken in
      guard !isTaken, let place = behind.enter() else { return nil }
      isTaken = true
      return place
    }
  }

  func leave(_ place: Behind.Place) { behind.leave(place) }

  /// The message has ended, and not only left its place.
  func finish() { isTaken.withLock { $0 = false } }
}

/// So many at once.
final class Turnstile: Gate {
  private let width: Int
  private let taken = Mutex(0)

  init(width: Int) { self.width = width }

  var appetite: Int { width - taken.withLock { $0 } }

  func enter() -> Void? {
    taken.withLock { taken in
      guard taken < width else { return nil }
      taken += 1
      return ()
    }
  }

  func leave(_ place: Void) { taken.withLock { $0 -= 1 } }
}
