import PasswordReset
import Synchronization

/// A claimed message together with what this process knows of its lease. Time is counted from before
/// the claim was asked for, and goes on while the process is stopped: when it is continued past its
/// lease, it knows.
final class HeldMessage: Lease {
  let message: ClaimedMessage
  let since: ContinuousClock.Instant
  private let heldUntil: Mutex<ContinuousClock.Instant>

  init(_ message: ClaimedMessage, asked: ContinuousClock.Instant, lease: WholeDuration) {
    self.message = message
    since = asked
    heldUntil = Mutex(asked + lease.duration)
  }

  var isHeld: Bool { isHeld(at: .now) }

  func isHeld(at now: ContinuousClock.Instant) -> Bool { heldUntil.withLock { now < $0 } }

  func renew(asked: ContinuousClock.Instant, lease: WholeDuration) {
    heldUntil.withLock { $0 = asked + lease.duration }
  }

  /// Another worker has it now.
  func lose() { heldUntil.withLock { $0 = since } }
}

/// The messages that this process holds: those being worked on and those waiting for a permit.
final class HeldMessages: Sendable {
  private let held = Mutex<[RequestID: HeldMessage]>([:])

  func add(_ messages: [HeldMessage]) {
    let earlier = held.withLock { held in
      messages.compactMap { held.updateValue($0, forKey: $0.message.id) }
    }
    // Claimed anew, so the earlier attempt has lost its lease.
    for message in earlier { message.lose() }
  }

  func remove(_ message: HeldMessage) {
    held.withLock { held in
      // A later attempt of the same message may be in hand here already.
      if held[message.message.id] === message { held[message.message.id] = nil }
    }
  }

  /// Extends all leases, and marks those that were lost.
  func renew(in outbox: any Outbox, lease: WholeDuration) async {
    let messages = held.withLock { Array($0.values) }
    guard !messages.isEmpty else { return }
    let asked = ContinuousClock.now
    // The store has said what went wrong; until the next time the lease simply grows older.
    guard let kept = try? await outbox.renew(messages.map(\.message)) else { return }
    for message in messages {
      if kept.contains(message.message.id) {
        message.renew(asked: asked, lease: lease)
      } else {
        message.lose()
      }
    }
  }
}
