import Formats
import HTTPTypes
import PasswordReset
import StoreContract
import Testing

@testable import Web

@Suite struct `Telling and using a token` {
  private static let both = ["/reset/verify", "/reset/consume"]

  private func json(_ token: String, _ more: String = "") -> String {
    "{\"token\":\"\(token)\"\(more)}"
  }

  @Test func `tells whose it is without using it, then uses it once`() async throws {
    let site = try Site()
    let token = try await site.liveToken(try Ask(account: "42", version: "7"))
    for _ in 0..<2 {
      let told = try await site.call("/reset/verify", json(token))
      #expect(told.status == 200)
      #expect(
        told.object?.members.map(\.key)
          == ["status", "request_id", "account", "email", "expires_at"])
      #expect(told.object?["account"]?.object?["id"]?.string == "42")
      #expect(told.object?["email"]?.string == "stored-42@example.com")
      #expect(told.object?["expires_at"]?.string == "2026-11-21T10:00:00.123Z")
    }
    let used = try await site.call("/reset/consume", json(token))
    #expect(used.status == 200)
    #expect(
      used.object?.members.map(\.key) == ["request_id", "account", "email", "consumed_at"])
    #expect(used.object?["consumed_at"]?.string == "2026-11-21T09:30:00.123Z")
    for path in Self.both {
      let dead = try await site.call(path, json(token))
      #expect(dead.status == 409 && dead.code == "token_used")
    }
  }

  @Test func `tells of a token that names only an address that there is no account`() async throws {
    let site = try Site()
    let told = try await site.call("/reset/verify", json(try await site.liveToken()))
    #expect(told.object?["account"] == .null)
    #expect(told.object?["email"]?.string == "ada@example.com")
  }

  @Test(arguments: both)
  func `refuses in one form, whichever way`(path: String) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    site.store.advance(by: .seconds(1800))
    for (text, status, code) in [(token, 410, "token_expired"), ("x", 404, "token_invalid")] {
      let answer = try await site.call(path, json(text))
      #expect(answer.status == status && answer.code == code)
      #expect(answer.headers[.contentType] == "application/problem+json")
      #expect(answer.object?["trace_id"]?.string == site.log.lines.last?.fields["trace"])
      #expect(!answer.body.hasBytes(token))
    }
  }

  @Test(arguments: both)
  func `needs exactly one token, a string that is not empty`(path: String) async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let bodies = [
      "{}", "{\"token\":null}", "{\"token\":[\"\(token)\"]}", "{\"token\":\"\"}",
      "{\"token\":\"\(token)\",\"token\":\"\(token)\"}", "{\"Token\":\"\(token)\"}",
      json(token, ",\"email\":\"a@b.test\""),
    ]
    for body in bodies {
      let answer = try await site.call(path, body)
      #expect(answer.status == 400 && answer.code == "bad_request", "\(path)")
      #expect(!answer.body.hasBytes(token))
    }
    #expect(try await site.call(path, json(token)).status == 200)
  }

  @Test func `leaves a token unused when the account has changed`() async throws {
    let site = try Site()
    let token = try await site.liveToken(try Ask(account: "42", version: "7"))
    let changed = try await site.call("/reset/consume", json(token, ",\"account_version\":\"8\""))
    #expect(changed.status == 409 && changed.code == "account_changed")
    let number = try await site.call("/reset/consume", json(token, ",\"account_version\":7"))
    #expect(number.status == 400)
    let same = try await site.call("/reset/consume", json(token, ",\"account_version\":\"7\""))
    #expect(same.status == 200)
  }

  @Test func `compares no version where none is given`() async throws {
    let site = try Site()
    let token = try await site.liveToken(try Ask(account: "42", version: "7"))
    let used = try await site.call("/reset/consume", json(token, ",\"account_version\":null"))
    #expect(used.status == 200)
  }

  @Test func `answers a consume again to the one with its key`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let key = [("Idempotency-Key", "k-1")]
    let first = try await site.call("/reset/consume", json(token), headers: key)
    let again = try await site.call("/reset/consume", json(token), headers: key)
    #expect(first.status == 200 && again.status == 200 && first.body == again.body)
    #expect(try await site.call("/reset/consume", json(token)).code == "token_used")
  }

  @Test(arguments: [
    #"{}"#, #"{"account_id":"1","email":"a@b.test"}"#, #"{"account_id":1}"#, #"{"email":null}"#,
    #"{"id":"1"}"#,
  ])
  func `invalidates for one account or one address`(body: String) async throws {
    #expect(try await Site().call("/reset/invalidate", body).code == "bad_request")
  }

  @Test(arguments: [(1, 200), (256, 200), (0, 422), (257, 422)])
  func `invalidates an account by an id of 1 to 256 octets`(count: Int, status: Int) async throws {
    let id = String(repeating: "i", count: count)
    let answer = try await Site().call("/reset/invalidate", #"{"account_id":"\#(id)"}"#)
    #expect(answer.status == status)
    #expect(answer.code == (status == 422 ? "account_invalid" : nil))
  }
}
