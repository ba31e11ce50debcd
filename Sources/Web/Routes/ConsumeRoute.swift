import Formats
import Hummingbird
import PasswordReset

/// `POST /reset/consume`: the user has chosen a new password; exactly one call succeeds.
struct ConsumeRoute: Sendable {
  let consume: ConsumeToken

  func answer(_ call: CallerExchange) async throws(Problem) -> Response {
    let key = try call.exchange.idempotencyKey()
    let (object, _) = try await call.exchange.jsonObject()
    try object.allowOnly(["token", "account_version"])
    let (token, version) = (try object.token(), try object.optionalString("account_version"))
    let answer: ConsumeToken.Answer
    do {
      answer = try await consume(token, by: call.caller.name, accountVersion: version, key: key)
    } catch { throw Problem(error) }
    switch answer {
    case .consumed(let id, let details, let at):
      return .json(
        .ok,
        [
          ("request_id", .string(id.description)), ("account", JSON(details.account)),
          ("email", .string(details.mailedTo.text)), ("consumed_at", JSON(at)),
        ])
    case .refused(let refusal): throw Problem(refusal)
    case .accountChanged: throw .accountChanged
    }
  }
}
