import PasswordReset
import Synchronization

@testable import Delivery

/// Begins as many messages as a test says, each of which ends when the test lets it.
final class TestDelivery: MessageDelivery {
  private let state = Mutex((room: 0, ahead: 0))
  let begun = Watched<[RequestID]>([])
  let lasts = Watched(false)
  /// How often somebody wanted a permit.
  let tries = Watched(0)

  var room: Int { state.withLock { $0.room } }

  func set(room: Int, ahead: Int) { state.withLock { $0 = (room, ahead) } }

  var demand: Int { state.withLock { $0.room + $0.ahead } }

  func first(_ message: HeldMessage) -> Step { .ready { self.begin(message) } }

  private func begin(_ message: HeldMessage) -> Work? {
    defer { tries.update { $0 += 1 } }
    let isIn = state.withLock { state in
      guard state.room > 0 else { return false }
      state.room -= 1
      return true
    }
    guard isIn else { return nil }
    return { [begun, lasts] in
      begun.update { $0.append(message.message.id) }
      await lasts.until { !$0 }
    }
  }
}
