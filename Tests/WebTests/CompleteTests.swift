import Formats
import HTTPTypes
import PasswordReset
import StoreContract
import Testing

@Suite struct `Reporting that a password was changed` {
  private static let stranger = "019aa6b2-7c00-7123-8456-0123456789ab"

  private func json(_ id: some CustomStringConvertible) -> String { "{\"request_id\":\"\(id)\"}" }

  @Test func `completes a request, and answers the same when it is reported again`() async throws {
    let site = try Site()
    let token = try await site.liveToken()
    let used = try await site.call("/reset/consume", "{\"token\":\"\(token)\"}")
    let id = try #require(used.object?["request_id"]?.string)
    for _ in 0..<3 {
      let answer = try await site.call("/reset/complete", json(id))
      #expect(answer.status == 202)
      #expect(answer.body == "{\"request_id\":\"\(id)\",\"status\":\"completed\"}")
      #expect(answer.headers[.contentType] == "application/json")
      #expect(site.log.lines.last?.fields["route"] == "/reset/complete")
    }
    #expect(site.store.messagesLeft == 1)
  }

  @Test func `ends what is still live for the account`() async throws {
    let site = try Site()
    let id = try await site.contract.mail(try Ask(account: "42"))
    let token = try await site.liveToken(try Ask("b@example.com", account: "42"))
    #expect(try await site.call("/reset/complete", json(id)).status == 202)
    let dead = try await site.call("/reset/verify", "{\"token\":\"\(token)\"}")
    #expect(dead.code == "token_revoked")
  }

  @Test(arguments: [stranger, stranger.uppercased(), "x", "", "\(stranger)\\n", "\\u00e9"])
  func `is about a request that there is`(id: String) async throws {
    let answer = try await Site().call("/reset/complete", json(id))
    #expect(answer.status == 404 && answer.code == "not_found")
  }

  @Test func `knows no other caller's request`() async throws {
    let site = try Site()
    let id = try await site.contract.mail(Ask().with(\.caller, "other"))
    #expect(try await site.call("/reset/complete", json(id)).code == "not_found")
    #expect(site.store.messagesLeft == 0)
  }

  @Test(arguments: [
    "{}", "[]", "", #"{"request_id":null}"#, #"{"request_id":7}"#, #"{"request_id":["x"]}"#,
    #"{"id":"x"}"#, #"{"request_id":"x","status":"completed"}"#,
    #"{"request_id":"x","request_id":"x"}"#,
  ])
  func `needs one id and nothing else`(body: String) async throws {
    let answer = try await Site().call("/reset/complete", body)
    #expect(answer.status == 400 && answer.code == "bad_request")
  }
}
