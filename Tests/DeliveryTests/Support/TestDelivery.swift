import Synchronization

@testable import Delivery

/// Has as much room as a test says.
final class TestGate: Gate {
  private let state = Mutex((room: 0, ahead: 0))
  /// How often somebody wanted a place.
  let tries = Watched(0)

  var room: Int { state.withLock { $0.room } }

  func set(room: Int, ahead: Int) { state.withLock { $0 = (room, ahead) } }

  var appetite: Int { state.withLock { $0.room + $0.ahead } }

  func enter() -> Void? {
    defer { tries.update { $0 += 1 } }
    return state.withLock { state in
      guard state.room > 0 else { return nil }
      state.room -= 1
      return ()
    }
  }

  func leave(_ place: Void) { state.withLock { $0.room += 1 } }
}
