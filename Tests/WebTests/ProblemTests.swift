import Formats
import HTTPTypes
import Hummingbird
import NIOCore
import PasswordReset
import Testing

@testable import Web

@Suite struct `Problems` {
  private static let moment = Timestamp(microseconds: 1_795_253_400_123_456)

  /// Every code of the contract, with its status.
  static let all: [(Problem, Int, String)] = [
    (.badRequest("x"), 400, "bad_request"), (.unauthorized, 401, "unauthorized"),
    (.forbidden, 403, "forbidden"), (.notFound, 404, "not_found"),
    (.methodNotAllowed("GET, HEAD"), 405, "method_not_allowed"),
    (.bodyTooLarge(limit: 16_384), 413, "body_too_large"),
    (.unsupportedMediaType("application/json"), 415, "unsupported_media_type"),
    (.unusable("email_invalid", "x"), 422, "email_invalid"),
    (.rateLimited(.address, retryAfter: 7), 429, "rate_limited"),
    (.headersTooLarge, 431, "headers_too_large"),
    (.unknownMethod, 501, "method_not_implemented"),
    (Problem(ResetError.unavailable), 503, "unavailable"),
    (.idempotencyConflict, 409, "idempotency_conflict"), (.accountChanged, 409, "account_changed"),
    (Problem(TokenRefusal.invalid), 404, "token_invalid"),
    (Problem(TokenRefusal.used(at: moment)), 409, "token_used"),
    (Problem(TokenRefusal.revoked(at: moment, reason: .invalidated)), 410, "token_revoked"),
    (Problem(TokenRefusal.replaced(at: moment)), 410, "token_replaced"),
    (Problem(TokenRefusal.expired), 410, "token_expired"),
  ]

  private func object(_ response: Response) async throws -> JSONObject {
    try #require(try JSON(parsing: Array(try await text(of: response).utf8)).object)
  }

  @Test(arguments: all)
  func `each has the members of RFC 9457, its stable code and the exchange's id`(
    problem: Problem, status: Int, code: String
  ) async throws {
    let trace = Trace()
    let response = problem.response(trace: trace)
    #expect(response.status.code == status)
    #expect(response.headers[values: .contentType] == ["application/problem+json"])
    let object = try await object(response)
    #expect(
      object.members.map(\.key) == ["type", "title", "status", "detail", "code", "trace_id"])
    #expect(object["type"]?.string == "urn:rekey:problem:\(code)")
    #expect(object["status"]?.integer == Int64(status))
    #expect(object["code"]?.string == code)
    #expect(object["trace_id"]?.string == trace.text)
    #expect(object["title"]?.string?.isEmpty == false)
    #expect(object["detail"]?.string?.isEmpty == false)
  }

  @Test func `one code never stands for two things`() {
    #expect(Set(Self.all.map(\.2)).count == Self.all.count)
  }

  @Test(arguments: [
    (ResetError.unavailable, "2"), (.overloaded, "1"), (.cryptography, "2"),
    (.corrupt, "2"),
  ])
  func `every fault is the same 503 with Retry-After`(fault: ResetError, after: String) async throws
  {
    let response = Problem(fault).response(trace: Trace())
    #expect(response.status == .serviceUnavailable)
    #expect(response.headers[.retryAfter] == after)
    #expect(try await object(response)["detail"]?.string == Problem(ResetError.corrupt).detail)
  }

  @Test func `only a limit and a fault say when to come again`() {
    for (problem, status, _) in Self.all {
      let after = problem.response(trace: Trace()).headers[.retryAfter]
      #expect((after != nil) == [429, 503].contains(status), "\(status)")
    }
    let limited = Problem.rateLimited(.client, retryAfter: 3599).response(trace: Trace())
    #expect(limited.headers[.retryAfter] == "3599")
  }

  @Test func `401 names its scheme, 405 its methods and 413 closes, nothing else does`() {
    for (problem, status, _) in Self.all {
      let headers = problem.response(trace: Trace()).headers
      #expect(headers[.wwwAuthenticate] == (status == 401 ? "Bearer" : nil))
      #expect(headers[.allow] == (status == 405 ? "GET, HEAD" : nil))
      #expect(headers[.connection] == (status == 413 ? "close" : nil))
    }
  }

  @Test func `a limit's detail says which limit, and whole seconds`() {
    #expect(Problem.rateLimited(.client, retryAfter: 5).detail.hasBytes("client"))
    #expect(Problem.rateLimited(.address, retryAfter: 5).detail.hasBytes(" 5 s"))
  }

  @Test(arguments: [
    (EdgeRefusal.malformed, 400, "bad_request"),
    (.headersTooLarge, 431, "headers_too_large"), (.unknownMethod, 501, "method_not_implemented"),
  ])
  func `what no route saw is refused in the same form`(
    refusal: EdgeRefusal, status: Int, code: String
  ) throws {
    let trace = Trace()
    let answer = refusal.problem.plainResponse(trace: trace)
    #expect(answer.status == status)
    #expect(answer.mediaType == "application/problem+json")
    let object = try #require(try JSON(parsing: answer.body).object)
    #expect(object["code"]?.string == code)
    #expect(object["type"]?.string == "urn:rekey:problem:\(code)")
    #expect(object["status"]?.integer == Int64(status))
    #expect(object["trace_id"]?.string == trace.text)
  }
}
