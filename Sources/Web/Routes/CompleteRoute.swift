import Formats
import Hummingbird
import PasswordReset

/// `POST /reset/complete`: the main app has changed the password. May be called again.
struct CompleteRoute: Sendable {
  let complete: CompleteReset

  func answer(_ call: CallerExchange) async throws(Problem) -> Response {
    let (object, _) = try await call.exchange.jsonObject()
    try object.allowOnly(["request_id"])
    let text = try object.string("request_id")
    guard let id = RequestID(text) else { throw .notFound }
    let isKnown: Bool
    do { isKnown = try await complete(id, for: call.caller.name) } catch { throw Problem(error) }
    guard isKnown else { throw .notFound }
    return .json(
      .accepted,
      [("request_id", .string(id.description)), ("status", .string("completed"))])
  }
}
