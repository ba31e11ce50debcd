import Formats
import Hummingbird
import PasswordReset

/// `POST /reset/complete`: the main app has changed the password. May be called again.
struct CompleteRoute: Sendable {
  let complete: CompleteReset

  func answer(_ call: CallerRequest) async throws(Problem) -> Answer {
    let (object, _) = try await call.request.jsonObject()
    try object.allowOnly(["request_id"])
    let text = try object.string("request_id")
    guard let id = RequestID(text) else { throw .notFound }
    let isKnown: Bool
    do { isKnown = try await complete(id, for: call.caller.name) } catch {
      throw Problem(error).about(id)
    }
    guard isKnown else { throw Problem.notFound.about(id) }
    let response = Response.json(
      .accepted,
      [("request_id", .string(id.description)), ("status", .string("completed"))])
    return Answer(response: response, requestID: id)
  }
}
