import Hummingbird
import PasswordReset

/// `POST /reset/verify`: who does this token belong to? Changes nothing.
struct VerifyRoute: Sendable {
  let verify: VerifyToken
  let vault: Vault

  func answer(_ call: CallerExchange) async throws(Problem) -> Response {
    let (object, _) = try await call.exchange.jsonObject()
    try object.allowOnly(["token"])
    let token = try object.token()
    do throws(ResetError) {
      switch try await verify(token, for: call.caller.name) {
      case .live(let request):
        let details = try vault.open(request)
        return .json(
          .ok,
          [
            ("status", .string("live")), ("request_id", .string(request.id.description)),
            ("account", JSON(details.account)), ("email", .string(details.mailedTo.text)),
            ("expires_at", JSON(request.expiresAt)),
          ])
      case .dead(let refusal, _):
        return Problem(refusal).response(trace: call.exchange.trace)
      }
    } catch { throw Problem(error) }
  }
}

extension JSONObject {
  /// The field `token`: any non-empty string; what it is worth is a verdict.
  func token() throws(Problem) -> String {
    let token = try string("token")
    guard !token.isEmpty else { throw .badRequest("The field \"token\" must not be empty.") }
    return token
  }
}
