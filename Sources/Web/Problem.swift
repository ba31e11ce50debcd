import Formats
import HTTPTypes
import Hummingbird
import NIOCore
import PasswordReset

/// An answer that is not a success: `application/problem+json` (RFC 9457) with a stable code.
/// It holds nothing from outside, and nothing of SQL, paths or versions.
struct Problem: Error, Sendable, Equatable {
  let status: Int
  let code: String
  let title: String
  let detail: String
  var retryAfter: Int?
  /// For 405: the methods there are.
  var allow: String?
  var closesConnection = false
  /// In which language people are told; nil for that of their browser.
  var locale: LanguageTag?
  /// For 401: what would be accepted (RFC 9110 §11.6.1).
  var challenge: String?
  /// Which reset request it is about, for the log alone: the answer may go to a stranger.
  private(set) var requestID: RequestID?

  init(_ status: Int, _ code: String, _ title: String, _ detail: String) {
    self.status = status
    self.code = code
    self.title = title
    self.detail = detail
  }

  func about(_ requestID: RequestID?) -> Problem { with(\.requestID, requestID) }

  private func with<Value>(_ part: WritableKeyPath<Problem, Value>, _ value: Value) -> Problem {
    var problem = self
    problem[keyPath: part] = value
    return problem
  }
}

extension Problem {
  static func badRequest(_ detail: String) -> Problem {
    Problem(400, "bad_request", "Bad request", detail)
  }

  static let unauthorized = Problem(
    401, "unauthorized", "Unauthorized", "A caller key is needed: Authorization: Bearer <key>."
  ).with(\.challenge, "Bearer")

  static func hookUnauthenticated(_ challenge: String) -> Problem {
    Problem(
      401, "hook_unauthenticated", "Hook unauthenticated",
      "The call is not proved to come from the provider, or not within the last 24 hours."
    ).with(\.challenge, challenge)
  }

  static let hookReplayed = Problem(
    409, "hook_replayed", "Hook replayed", "This very call was taken down before.")

  static let forbidden = Problem(
    403, "forbidden", "Forbidden", "This form was sent from another site.")

  static let notFound = Problem(404, "not_found", "Not found", "There is nothing here.")

  static func methodNotAllowed(_ allow: String) -> Problem {
    Problem(405, "method_not_allowed", "Method not allowed", "This path answers to \(allow) only.")
      .with(\.allow, allow)
  }

  static func bodyTooLarge(limit: Int) -> Problem {
    Problem(413, "body_too_large", "Body too large", "A body may have \(limit) octets at most.")
      .with(\.closesConnection, true)
  }

  static func unsupportedMediaType(_ wanted: String) -> Problem {
    Problem(415, "unsupported_media_type", "Unsupported media type", "The body must be \(wanted).")
  }

  static let unknownMethod = Problem(
    501, "method_not_implemented", "Method not implemented", "This method is not known here.")

  static let headersTooLarge = Problem(
    431, "headers_too_large", "Headers too large",
    "The header may have 100 fields and 16384 octets at most.")

  static func unusable(_ code: String, _ detail: String) -> Problem {
    Problem(422, code, "Unusable value", detail)
  }

  static func rateLimited(_ kind: LimitKind, retryAfter: Int) -> Problem {
    Problem(
      429, "rate_limited", "Too many requests",
      "The limit for this \(kind.rawValue) is exhausted; it has room again in \(retryAfter) s."
    ).with(\.retryAfter, retryAfter)
  }

  static let idempotencyConflict = Problem(
    409, "idempotency_conflict", "Idempotency conflict",
    "This Idempotency-Key was used with another body.")

  static let accountChanged = Problem(
    409, "account_changed", "Account changed",
    "The account has changed since the link was asked for; the token is unused.")

  /// Every fault of the flow's surroundings is a 503: nothing is known to have happened.
  init(_ error: ResetError) {
    self.init(503, "unavailable", "Unavailable", "The service cannot answer now; try again.")
    retryAfter = error == .overloaded ? 1 : 2
  }

  private static func detail(of reason: RevokeReason) -> String {
    switch reason {
    case .siblingConsumed: "Another token of the same account has been used."
    case .invalidated: "This token was withdrawn by an invalidate before its use."
    case .completed: "The password was changed before this token was used."
    }
  }

  init(_ refusal: TokenRefusal) {
    switch refusal {
    case .invalid:
      self.init(404, "token_invalid", "Token invalid", "This token was not made here for this use.")
    case .used:
      self.init(409, "token_used", "Token used", "This token has been used.")
    case .revoked(_, let reason):
      self.init(410, "token_revoked", "Token revoked", Self.detail(of: reason))
    case .replaced:
      self.init(410, "token_replaced", "Token replaced", "Newer links have replaced this one.")
    case .expired:
      self.init(410, "token_expired", "Token expired", "The time to use this token has passed.")
    }
  }
}

extension Problem {
  static let mediaType = "application/problem+json"

  /// For where no request has been parsed.
  func plainResponse(trace: Trace) -> (status: Int, mediaType: String, body: [UInt8]) {
    (status, Self.mediaType, body(trace))
  }

  func response(trace: Trace) -> Response {
    var headers: HTTPFields = [.contentType: Self.mediaType]
    if let retryAfter { headers[.retryAfter] = String(retryAfter) }
    if let allow { headers[.allow] = allow }
    if let challenge { headers[.wwwAuthenticate] = challenge }
    if closesConnection { headers[.connection] = "close" }
    return Response(
      status: .init(code: status), headers: headers,
      body: .init(byteBuffer: ByteBuffer(bytes: body(trace))))
  }

  private func body(_ trace: Trace) -> [UInt8] {
    let members: [(key: String, value: JSON)] = [
      ("type", .string("urn:rekey:problem:\(code)")), ("title", .string(title)),
      ("status", .number(String(status))), ("detail", .string(detail)), ("code", .string(code)),
      ("trace_id", .string(trace.text)),
    ]
    return Array(JSON.object(JSONObject(members)).serialized().utf8)
  }
}
