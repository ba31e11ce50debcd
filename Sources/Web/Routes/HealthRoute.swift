import Formats
import Hummingbird
import PasswordReset

/// `GET /healthz` (the process answers) and `GET /readyz` (it can do its work).
struct HealthRoute: Sendable {
  let readiness: any Readiness

  func alive(_ request: RoutedRequest) async throws(Problem) -> Response {
    .json(.ok, [("status", .string("alive"))])
  }

  func ready(_ request: RoutedRequest) async throws(Problem) -> Response {
    let checks = await readiness.check()
    let isReady = checks.allSatisfy { $0.problem == nil }
    var response = Response.json(
      isReady ? .ok : .serviceUnavailable,
      [
        ("status", .string(isReady ? "ready" : "not_ready")),
        (
          "checks",
          .object(JSONObject(checks.map { ($0.name, .string($0.problem ?? $0.detail)) }))
        ),
      ])
    if !isReady { response.headers[.retryAfter] = "2" }
    return response
  }
}
