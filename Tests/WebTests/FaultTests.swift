import Formats
import HTTPTypes
import PasswordReset
import StoreContract
import Testing

@testable import Web

@Suite struct `A fault` {
  private static let faults: [(ResetError, String)] = [
    (.unavailable, "2"), (.overloaded, "1"), (.cryptography, "2"), (.corrupt, "2"),
  ]

  @Test(arguments: faults)
  func `is a 503 to programs with Retry-After, never a verdict`(
    fault: ResetError, after: String
  ) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    site.store.fail(with: fault)
    let calls = [
      ("/reset/request", #"{"email":"a@b.test"}"#), ("/reset/verify", #"{"token":"\#(token)"}"#),
      ("/reset/consume", #"{"token":"\#(token)"}"#), ("/reset/invalidate", #"{"account_id":"1"}"#),
      ("/reset/complete", #"{"request_id":"019aa6b2-7c00-7123-8456-0123456789ab"}"#),
    ]
    for (path, body) in calls {
      let answer = try await site.call(path, body)
      #expect(answer.status == 503 && answer.code == "unavailable", "\(path)")
      #expect(answer.headers[.retryAfter] == after)
      #expect(!answer.body.hasBytes(fault.description))
      #expect(site.log.lines.last?.fields["route"] == path)
    }
  }

  @Test func `is a 503 where a request is described`() async throws {
    let site = try Site()
    let id = try await site.contract.accept()
    let key = [("Authorization", "Bearer \(site.key)")]
    site.store.fail(with: .unavailable)
    let path = "/reset/requests/\(id)"
    let answer = try await site.send(.get, path, at: .internal, headers: key)
    #expect(answer.status == 503 && answer.headers[.retryAfter] == "2")
    let none = try await site.send(.get, "/reset/requests/none", at: .internal, headers: key)
    #expect(none.code == "not_found")
  }

  @Test(arguments: faults)
  func `is a page to people that says nothing against their link`(
    fault: ResetError, after: String
  ) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    site.store.fail(with: fault)
    let answers = [
      try await site.open("/reset/verify?token=\(token)"), try await site.form("token=\(token)"),
    ]
    for answer in answers {
      #expect(answer.status == 503 && answer.headers[.retryAfter] == after)
      #expect(answer.body.hasBytes("It has not been used up"))
      #expect(answer.headers[.location] == nil && !answer.body.hasBytes(token))
    }
  }

  @Test func `leaves a token as it was`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    site.store.fail(with: .unavailable)
    for _ in 0..<3 {
      #expect(try await site.call("/reset/consume", #"{"token":"\#(token)"}"#).status == 503)
    }
    site.store.fail(with: nil)
    #expect(try await site.open("/reset/verify?token=\(token)").status == 303)
    #expect(try await site.call("/reset/consume", #"{"token":"\#(token)"}"#).status == 200)
  }

  @Test func `does not keep a forged token from its 404`() async throws {
    let site = try Site()
    site.store.fail(with: .unavailable)
    #expect(try await site.call("/reset/verify", #"{"token":"x"}"#).code == "token_invalid")
    #expect(try await site.open("/reset/verify?token=x").status == 404)
  }

  @Test func `of a row that cannot be opened is a 503 too`() async throws {
    let (site, other) = (try Site(), try Site())
    // The row was sealed for one keyring and the token made by another.
    let id = try await other.contract.mail()
    let stranger = try StoreContract(Store(site.store)) { _ in }
    let foreign = try await stranger.mail(Ask("b@example.com"))
    let token = try site.vault.mint(.reset, for: foreign)
    let answer = try await site.call("/reset/verify", #"{"token":"\#(token)"}"#)
    #expect(answer.status == 503 && answer.code == "unavailable")
    let missing = try site.vault.mint(.reset, for: id)
    #expect(try await site.call("/reset/verify", #"{"token":"\#(missing)"}"#).status == 404)
  }
}

@Suite struct `Health` {
  @Test func `is alive whatever the store says, and needs no key`() async throws {
    let site = try Site(checks: [ReadinessCheck(name: "database", problem: "is not there")])
    site.store.fail(with: .unavailable)
    let answer = try await site.send(.get, "/healthz", at: .internal)
    #expect(answer.status == 200 && answer.body == #"{"status":"alive"}"#)
  }

  @Test func `is ready while every check holds`() async throws {
    let checks = [
      ReadinessCheck(name: "database", problem: nil),
      ReadinessCheck(name: "keyring", problem: nil, detail: "2 keys"),
    ]
    let answer = try await Site(checks: checks).send(.get, "/readyz", at: .internal)
    #expect(answer.status == 200 && answer.headers[.retryAfter] == nil)
    #expect(
      answer.body == #"{"status":"ready","checks":{"database":"ok","keyring":"2 keys"}}"#)
  }

  @Test(arguments: [0, 1])
  func `is not ready when one check fails, and says which`(place: Int) async throws {
    var checks = [
      ReadinessCheck(name: "a", problem: nil), ReadinessCheck(name: "b", problem: nil),
    ]
    checks[place] = ReadinessCheck(name: checks[place].name, problem: "is broken")
    let answer = try await Site(checks: checks).send(.get, "/readyz", at: .internal)
    #expect(answer.status == 503 && answer.headers[.retryAfter] == "2")
    #expect(answer.object?["status"]?.string == "not_ready")
    let told = answer.object?["checks"]?.object
    #expect(told?[checks[place].name]?.string == "is broken")
    #expect(told?[checks[1 - place].name]?.string == "ok")
  }
}
