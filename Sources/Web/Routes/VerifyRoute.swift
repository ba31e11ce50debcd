import Formats
import Hummingbird
import PasswordReset

/// `POST /reset/verify`: who does this token belong to? Changes nothing.
struct VerifyRoute: Sendable {
  let verify: VerifyToken
  let vault: Vault

  func answer(_ call: CallerRequest) async throws(Problem) -> Response {
    let (object, _) = try await call.request.jsonObject()
    try object.allowOnly(["token"])
    let token = try object.token()
    switch try await verdict(token, call.caller) {
    case .success(let response): return response
    case .failure(let refusal): throw Problem(refusal)
    }
  }

  private func verdict(
    _ token: String, _ caller: Caller
  ) async throws(Problem) -> Result<Response, TokenRefusal> {
    do throws(ResetError) {
      switch try await verify(token, for: caller.name) {
      case .live(let request): return .success(live(request, try vault.open(request)))
      case .dead(let refusal, _): return .failure(refusal)
      }
    } catch { throw Problem(error) }
  }

  private func live(_ request: StoredRequest, _ details: RequestDetails) -> Response {
    .json(
      .ok,
      [
        ("status", .string("live")), ("request_id", .string(request.id.description)),
        ("account", JSON(details.account)), ("email", .string(details.mailedTo.text)),
        ("expires_at", JSON(request.expiresAt)),
      ])
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
