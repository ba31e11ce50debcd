import Formats
import Hummingbird
import PasswordReset

/// `POST /reset/consume`: the user has chosen a new password; exactly one call succeeds.
struct ConsumeRoute: Sendable {
  let consume: ConsumeToken

  func answer(_ call: CallerRequest) async throws(Problem) -> Answer {
    let key = try call.request.idempotencyKey()
    let (object, _) = try await call.request.jsonObject()
    try object.allowOnly(["token", "account_version"])
    let (token, version) = (try object.token(), try object.optionalString("account_version"))
    let (answer, requestID): (ConsumeToken.Answer, RequestID?)
    do {
      (answer, requestID) = try await consume(
        token, by: call.caller.name, accountVersion: version, key: key)
    } catch { throw Problem(error) }
    switch answer {
    case .consumed(let id, let details, let at):
      let response = Response.json(
        .ok,
        [
          ("request_id", .string(id.description)), ("account", JSON(details.account)),
          ("email", .string(details.mailedTo.text)), ("consumed_at", JSON(at)),
        ])
      return Answer(response: response, requestID: id)
    case .refused(let refusal): throw Problem(refusal).about(requestID)
    case .accountChanged: throw Problem.accountChanged.about(requestID)
    }
  }
}
