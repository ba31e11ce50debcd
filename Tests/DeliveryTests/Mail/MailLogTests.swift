import PasswordReset
import StoreContract
import Testing

@testable import Delivery

@Suite struct MailLogTests {
  @Test(arguments: [
    (DeliveryOutcome.delivered, "info", "outcome=sent"),
    (.greylisted, "warning", "outcome=retry"),
    (.permanent(cause: "smtp_550"), "warning", "outcome=dead"),
    (.uncertain(cause: "no_answer"), "warning", "outcome=retry"),
    (.leaseLost, "info", "outcome=released"),
  ])
  func `one line names the request, the attempt, the transport and the end`(
    _ outcome: DeliveryOutcome, _ level: String, _ label: String
  ) async throws {
    var fixture = try MailFixture()
    fixture.transports = [Transport(outcome)]
    let message = try fixture.message(.known(Sample.account()), Draft(attempt: 7))
    _ = try await fixture.deliver(message)
    let line = try #require(fixture.book.lines.value.first)
    #expect(fixture.book.lines.value.count == 1)
    #expect(line.hasPrefix("\(level) message ") && line.contains(label))
    #expect(line.contains("attempt=7") && line.contains("request_id=\(message.requestID)"))
    #expect(line.contains("transport=1-smtp") && line.contains("kind=link"))
  }

  @Test func `a dropped message says why`() async throws {
    let fixture = try MailFixture()
    _ = try await fixture.deliver(fixture.message(.none))
    let line = try #require(fixture.book.lines.value.first)
    #expect(line.contains("cause=no_account") && line.contains("outcome=dropped"))
  }

  @Test(arguments: [
    DeliveryOutcome.delivered, .broken, .permanent(cause: "b", isRecipient: true),
    .uncertain(cause: "c"), .busy(60),
  ])
  func `no line holds a token, a link or an address`(_ outcome: DeliveryOutcome) async throws {
    for claim in [AccountClaim.unasked, .none, .known(try Sample.account())] {
      for account in [try Sample.account(), nil] {
        var fixture = try MailFixture()
        (fixture.transports, fixture.directory) = (
          [Transport(outcome)], Directory(.success(account))
        )
        let message = try fixture.message(claim)
        _ = try await fixture.deliver(message)
        let token = try fixture.vault.mint(.reset, for: message.requestID)
        let log = fixture.book.lines.value.joined()
        #expect(!log.isEmpty)
        for secret in [token, String(token.suffix(40)), "example", "ada", "stored", "Ada"] {
          #expect(!log.contains(secret))
        }
        #expect(!log.contains("https"))
      }
    }
  }
}
