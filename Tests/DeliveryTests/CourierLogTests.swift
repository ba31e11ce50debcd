import PasswordReset
import StoreContract
import Testing

@testable import Delivery

@Suite struct CourierLogTests {
  @Test(arguments: [
    (DeliveryOutcome.delivered, "info", "outcome=sent"),
    (.transient(cause: "smtp_451"), "warning", "outcome=retry"),
    (.permanent(cause: "smtp_550"), "warning", "outcome=dead"),
    (.uncertain(cause: "no_answer"), "warning", "outcome=retry"),
  ])
  func `one line names the request, the attempt and its end`(
    _ outcome: DeliveryOutcome, _ level: String, _ label: String
  ) async throws {
    var office = try Office()
    office.transport = Transport(outcome)
    let message = try office.message(.known(Sample.account()), attempt: 7)
    _ = try await office.deliver(message)
    let line = try #require(office.book.lines.value.first)
    #expect(office.book.lines.value.count == 1)
    #expect(line.hasPrefix("\(level) message ") && line.contains(label))
    #expect(line.contains("attempt=7") && line.contains("request_id=\(message.requestID)"))
  }

  @Test func `a dropped message says why`() async throws {
    let office = try Office()
    _ = try await office.deliver(office.message(.none))
    let line = try #require(office.book.lines.value.first)
    #expect(line.contains("cause=no_account") && line.contains("outcome=dropped"))
  }

  @Test func `no line holds a token, a link or an address`() async throws {
    let ends: [DeliveryOutcome] = [
      .delivered, .transient(cause: "a"), .permanent(cause: "b"), .uncertain(cause: "c"),
    ]
    for end in ends {
      for claim in [AccountClaim.unasked, .none, .known(try Sample.account())] {
        for answer in [
          Result<Account?, DirectoryError>.success(try Sample.account()), .success(nil),
        ] {
          var office = try Office()
          (office.transport, office.directory) = (Transport(end), Directory(answer))
          let message = try office.message(claim)
          _ = try await office.deliver(message)
          let token = try office.vault.mint(.reset, for: message.requestID)
          let log = office.book.lines.value.joined()
          #expect(!log.isEmpty)
          for secret in [
            token, String(token.suffix(40)), "example", "ada", "stored", "http", "Ada",
          ] {
            #expect(!log.contains(secret))
          }
        }
      }
    }
  }
}
