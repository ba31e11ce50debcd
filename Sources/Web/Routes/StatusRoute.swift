import Formats
import Hummingbird
import PasswordReset

/// `GET /reset/requests/{id}`: what became of a request; never the token.
struct StatusRoute: Sendable {
  let reader: any RequestReader

  func answer(_ call: CallerRequest) async throws(Problem) -> Response {
    guard let id = RequestID(call.request.parameter) else { throw .notFound }
    let found: RequestDescription?
    do {
      found = try await reader.describe(id, for: call.caller.name)
    } catch { throw Problem(error) }
    guard let found else { throw .notFound }
    return .json(.ok, members(of: found))
  }

  private func members(of found: RequestDescription) -> [(key: String, value: JSON)] {
    [
      ("request_id", .string(found.id.description)), ("status", .string(found.state.rawValue)),
      ("reason", found.reason.map(JSON.string) ?? .null), ("created_at", JSON(found.createdAt)),
      ("sent_at", JSON(found.sentAt)), ("expires_at", JSON(found.expiresAt)),
      ("consumed_at", JSON(found.consumedAt)), ("revoked_at", JSON(found.revokedAt)),
      ("failed_at", JSON(found.failedAt)), ("dropped_at", JSON(found.droppedAt)),
    ]
  }
}
