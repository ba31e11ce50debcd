import PasswordReset
import Synchronization

/// Answers mails as scripted, the last answer for ever, and keeps them. It asks for the lease right
/// before, as real ones do.
final class Transport: MailTransport {
  private struct State {
    var outcomes: [DeliveryOutcome]
    var mails: [RenderedMail] = []
  }

  private let state: Mutex<State>
  private let onDelivery: @Sendable () -> Void

  init(_ outcomes: DeliveryOutcome..., onDelivery: @escaping @Sendable () -> Void = {}) {
    state = Mutex(State(outcomes: outcomes.isEmpty ? [.delivered] : outcomes))
    self.onDelivery = onDelivery
  }

  var mails: [RenderedMail] { state.withLock { $0.mails } }

  func deliver(
    _ mail: RenderedMail, under lease: any Lease, patience: Duration
  ) async -> DeliveryOutcome {
    guard lease.isHeld else { return .leaseLost }
    let outcome = state.withLock { state in
      state.mails.append(mail)
      return state.outcomes.count > 1 ? state.outcomes.removeFirst() : state.outcomes[0]
    }
    onDelivery()
    return outcome
  }
}

extension DeliveryOutcome {
  static let leaseLost = DeliveryOutcome.transient(cause: "lease_lost", blame: .message)
  /// The way is broken.
  static let broken = DeliveryOutcome.transient(cause: "connect_refused", blame: .transport)
  /// This mail may pass later.
  static let greylisted = DeliveryOutcome.transient(cause: "rcpt_451", blame: .message)

  static func busy(_ seconds: Int64) -> DeliveryOutcome {
    .transient(
      cause: "http_429", blame: .transport, retryAfter: WholeDuration(seconds: seconds))
  }
}

/// Holds every mail until it is let through, or until its task is cancelled.
final class Checkpoint: MailTransport, EventTransport {
  struct State: Sendable {
    var waiting: [Int: CheckedContinuation<DeliveryOutcome, Never>] = [:]
    var arrived = 0
    var most = 0
  }

  let state = Watched(State())

  func deliver(
    _ mail: RenderedMail, under lease: any Lease, patience: Duration
  ) async -> DeliveryOutcome {
    await wait()
  }

  func deliver(_ event: Event) async -> DeliveryOutcome { await wait() }

  func wait() async -> DeliveryOutcome {
    let ticket = state.update { state in
      state.arrived += 1
      return state.arrived
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        state.update { state in
          state.waiting[ticket] = continuation
          state.most = max(state.most, state.waiting.count)
        }
        if Task.isCancelled { open(ticket, .transient(cause: "cancelled", blame: .message)) }
      }
    } onCancel: {
      open(ticket, .transient(cause: "cancelled", blame: .message))
    }
  }

  /// Lets the one through that has waited longest.
  func openOne(_ outcome: DeliveryOutcome = .delivered) {
    if let ticket = state.value.waiting.keys.min() { open(ticket, outcome) }
  }

  /// Lets one through that is not this one.
  func openAny(but ticket: Int) {
    if let other = state.value.waiting.keys.first(where: { $0 != ticket }) {
      open(other, .delivered)
    }
  }

  private func open(_ ticket: Int, _ outcome: DeliveryOutcome) {
    state.update { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: outcome)
  }
}

/// A main app that answers every event in one way, and keeps it.
final class App: EventTransport {
  private let outcome: DeliveryOutcome
  private let onDelivery: @Sendable () -> Void
  private let kept = Mutex<[Event]>([])

  init(_ outcome: DeliveryOutcome = .delivered, onDelivery: @escaping @Sendable () -> Void = {}) {
    self.outcome = outcome
    self.onDelivery = onDelivery
  }

  var events: [Event] { kept.withLock { $0 } }

  func deliver(_ event: Event) async -> DeliveryOutcome {
    kept.withLock { $0.append(event) }
    onDelivery()
    return outcome
  }
}
