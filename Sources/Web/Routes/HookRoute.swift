import Formats
import Hummingbird
import PasswordReset
import Synchronization

/// `POST /hooks/<provider>`: what a mail provider reports about mails it has taken.
struct HookRoute: Sendable {
  let hook: any ProviderHook
  let take: TakeProviderReports
  let clock: any DatabaseClock
  let gate: HookGate

  func answer(_ exchange: Exchange) async throws(Problem) -> Response {
    try exchange.checkLength()
    let now: Timestamp
    do { now = try clock.now() } catch { throw Problem(error) }
    let headers = HookHeaders(
      exchange.request.headers.map { ($0.name.canonicalName, $0.value) })
    do throws(HookRefusal) { try hook.admit(headers, at: now) } catch { throw problem(error) }
    let delivery = try await delivery(exchange, headers, now)
    let isNew: Bool
    do { isNew = try await take(delivery) } catch { throw Problem(error) }
    guard isNew else { throw .hookReplayed }
    return .json(.ok, [("status", .string("ok"))])
  }

  private func delivery(
    _ exchange: Exchange, _ headers: HookHeaders, _ now: Timestamp
  ) async throws(Problem) -> ProviderDelivery {
    guard gate.enter() else { throw Problem(.overloaded) }
    defer { gate.leave() }
    let call = HookCall(headers: headers, body: try await exchange.body(), now: now)
    do throws(HookRefusal) { return try await hook.delivery(call) } catch { throw problem(error) }
  }

  private func problem(_ refusal: HookRefusal) -> Problem {
    switch refusal {
    case .unauthenticated: .hookUnauthenticated(type(of: hook).challenge)
    case .unreadable: .badRequest("The body is not what this provider sends.")
    case .unavailable: Problem(ResetError.unavailable)
    }
  }
}

/// Bounds how many large bodies are in memory at once: they are read before it is known whose they
/// are.
final class HookGate: Sendable {
  private let capacity: Int
  private let inside = Mutex(0)

  init(capacity: Int = 64) { self.capacity = capacity }

  /// Whether there was room; then `leave` has to follow.
  func enter() -> Bool {
    inside.withLock { count in
      guard count < capacity else { return false }
      count += 1
      return true
    }
  }

  func leave() { inside.withLock { $0 -= 1 } }
}
