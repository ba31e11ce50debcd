import Formats
import Hummingbird
import PasswordReset
import Synchronization

/// `POST /hooks/<provider>`: what a mail provider reports about mails it has taken.
struct HookRoute: Sendable {
  let hook: any ProviderHook
  let take: TakeProviderReports
  let clock: any DatabaseClock
  let permits: BodyPermits

  func answer(_ request: RoutedRequest) async throws(Problem) -> Response {
    try request.checkLength()
    let now: Timestamp
    do { now = try clock.now() } catch { throw Problem(error) }
    let headers = HookHeaders(
      request.http.headers.map { ($0.name.canonicalName, $0.value) })
    do throws(HookRefusal) { try hook.admit(headers, at: now) } catch { throw problem(error) }
    let delivery = try await delivery(request, headers, now)
    let isNew: Bool
    do { isNew = try await take(delivery) } catch { throw Problem(error) }
    guard isNew else { throw .hookReplayed }
    return .json(.ok, [("status", .string("ok"))])
  }

  private func delivery(
    _ request: RoutedRequest, _ headers: HookHeaders, _ now: Timestamp
  ) async throws(Problem) -> ProviderDelivery {
    guard permits.take() else { throw Problem(.overloaded) }
    defer { permits.giveBack() }
    let call = HookCall(headers: headers, body: try await request.body(), now: now)
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
final class BodyPermits: Sendable {
  private let free: Mutex<Int>

  init(_ count: Int = 64) { free = Mutex(count) }

  /// Whether there was one; then it has to be given back.
  func take() -> Bool {
    free.withLock { count in
      guard count > 0 else { return false }
      count -= 1
      return true
    }
  }

  func giveBack() { free.withLock { $0 += 1 } }
}
