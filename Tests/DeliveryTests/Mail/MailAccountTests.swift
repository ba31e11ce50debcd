import PasswordReset
import StoreContract
import Testing

@testable import Delivery

@Suite struct MailAccountTests {
  private func fixture(_ answer: Result<Account?, DirectoryError>) throws -> (
    MailFixture, Directory
  ) {
    var fixture = try MailFixture()
    let directory = Directory(answer)
    fixture.directory = directory
    return (fixture, directory)
  }

  // MARK: Named

  @Test func `the directory names the account, and it is written down`() async throws {
    let (fixture, directory) = try fixture(.success(Sample.account()))
    let message = try fixture.message()
    #expect(try await fixture.deliver(message).outcome == .sent)
    #expect(directory.asked == ["ada@example.org"])
    #expect(fixture.composer.letters.map(\.to.text) == ["stored@example.net"])
    let naming = try #require(fixture.outbox.state.value.namings.first)
    #expect(naming.request == message.requestID)
    #expect(try naming.account == fixture.vault.accountKey(id: "42", caller: "shop"))
    let details = try fixture.vault.open(
      naming.sealed.bytes, kid: naming.sealed.kid, for: message.requestID)
    #expect(try details == Sample.details(.known(Sample.account())))
  }

  @Test func `it is written down before the mail goes`() async throws {
    var (fixture, _) = try fixture(.success(Sample.account()))
    let namings = Watched(-1)
    fixture.transports = [
      Transport(onDelivery: { [outbox = fixture.outbox] in
        namings.update { $0 = outbox.state.value.namings.count }
      })
    ]
    _ = try await fixture.deliver(fixture.message())
    #expect(namings.value == 1)
  }

  @Test func `for the notice of a change nothing is written down`() async throws {
    let (fixture, directory) = try fixture(.success(Sample.account()))
    let message = try fixture.message(.unasked, Draft(kind: .changed))
    #expect(try await fixture.deliver(message).outcome == .sent)
    #expect(directory.asked.count == 1 && fixture.outbox.state.value.namings.isEmpty)
    #expect(fixture.composer.letters.map(\.to.text) == ["stored@example.net"])
  }

  @Test func `an account that the main app named is not asked for again`() async throws {
    let (fixture, directory) = try fixture(.success(nil))
    #expect(try await fixture.deliver(fixture.message(.known(Sample.account()))).outcome == .sent)
    #expect(directory.asked.isEmpty && fixture.outbox.state.value.namings.isEmpty)
  }

  @Test func `a directory that cannot answer is asked again later`() async throws {
    let (fixture, _) = try fixture(.failure(DirectoryError(cause: "timeout")))
    let (pause, cause) = try #require(
      try await fixture.deliver(fixture.message()).outcome.retried)
    #expect((1...10).contains(pause) && cause == "directory_timeout")
    #expect(fixture.composer.letters.isEmpty)
  }

  @Test func `a request that was revoked meanwhile is not mailed`() async throws {
    let (fixture, _) = try fixture(.success(Sample.account()))
    fixture.outbox.state.update { $0.isLeaseLost = true }
    #expect(try await fixture.deliver(fixture.message()).outcome == .dropped(.revoked))
    #expect(fixture.composer.letters.isEmpty)
    #expect(fixture.book.lines.value.count { $0.contains("outcome=lease_lost") } == 1)
  }

  @Test(arguments: [ResetError.unavailable, .overloaded, .cryptography, .corrupt])
  func `a store that cannot write the account down drops nothing`(_ fault: ResetError) async throws
  {
    let (fixture, _) = try fixture(.success(Sample.account()))
    fixture.outbox.state.update { $0.namingFault = fault }
    let end = try await fixture.deliver(fixture.message())
    #expect(end.outcome.retried?.cause == "account_not_written")
    #expect(fixture.composer.letters.isEmpty)
  }

  // MARK: No account

  @Test(arguments: [MessageKind.link, .changed])
  func `without an account there is no mail, whoever says so`(_ kind: MessageKind) async throws {
    for (claim, asked) in [(AccountClaim.unasked, 1), (.none, 0)] {
      let (fixture, directory) = try fixture(.success(nil))
      let end = try await fixture.deliver(fixture.message(claim, Draft(kind: kind)))
      #expect(end.outcome == .dropped(.noAccount) && end.report == nil)
      #expect(directory.asked.count == asked && fixture.composer.letters.isEmpty)
      #expect(fixture.outbox.state.value.noAccounts.isEmpty)
    }
  }

  @Test(arguments: [true, false])
  func `where the caller wants it, the message becomes the mail that says so, if it may`(
    _ turns: Bool
  ) async throws {
    var (fixture, _) = try fixture(.success(nil))
    fixture.settings.noAccountLimits = RateLimits("1/1d")
    fixture.outbox.state.update { $0.turnsIntoNoAccount = turns }
    let ends = try await fixture.attempt(fixture.message())
    // Where it has become another message there is nothing to end.
    #expect(ends.map(\.outcome) == (turns ? [] : [.dropped(.noAccount)]))
    let key = try fixture.vault.noAccountKey(
      TestVault.address("ada@example.org"), caller: "shop")
    #expect(fixture.outbox.state.value.noAccounts == [key] && fixture.composer.letters.isEmpty)
  }

  @Test func `a notice of a change never becomes it`() async throws {
    var (fixture, _) = try fixture(.success(nil))
    fixture.settings.noAccountLimits = RateLimits("1/1d")
    let end = try await fixture.deliver(fixture.message(.unasked, Draft(kind: .changed)))
    #expect(end.outcome == .dropped(.noAccount))
    #expect(fixture.outbox.state.value.noAccounts.isEmpty)
  }

  @Test func `where it cannot be turned it is tried again`() async throws {
    var (fixture, _) = try fixture(.success(nil))
    fixture.settings.noAccountLimits = RateLimits("1/1d")
    fixture.outbox.state.update { $0.noAccountFault = .unavailable }
    let end = try await fixture.deliver(fixture.message())
    #expect(end.outcome.retried?.cause == "no_account_not_written")
  }
}
