import PasswordReset
import StoreContract
import Testing

@testable import Delivery

@Suite struct MailAccountTests {
  private func office(_ answer: Result<Account?, DirectoryError>) throws -> (Office, Directory) {
    var office = try Office()
    let directory = Directory(answer)
    office.directory = directory
    return (office, directory)
  }

  // MARK: Named

  @Test func `the directory names the account, and it is written down`() async throws {
    let (office, directory) = try office(.success(Sample.account()))
    let message = try office.message()
    #expect(try await office.deliver(message).outcome == .sent)
    #expect(directory.asked == ["ada@example.org"])
    #expect(office.composer.letters.map(\.to.text) == ["stored@example.net"])
    let naming = try #require(office.outbox.state.value.namings.first)
    #expect(naming.request == message.requestID)
    #expect(try naming.account == office.vault.accountKey(id: "42", caller: "shop"))
    let details = try office.vault.open(
      naming.sealed.bytes, kid: naming.sealed.kid, for: message.requestID)
    #expect(try details == Sample.details(.known(Sample.account())))
  }

  @Test func `it is written down before the mail goes`() async throws {
    var (office, _) = try office(.success(Sample.account()))
    let namings = Watched(-1)
    office.transports = [
      Transport(onDelivery: { [outbox = office.outbox] in
        namings.update { $0 = outbox.state.value.namings.count }
      })
    ]
    _ = try await office.deliver(office.message())
    #expect(namings.value == 1)
  }

  @Test func `for the notice of a change nothing is written down`() async throws {
    let (office, directory) = try office(.success(Sample.account()))
    let message = try office.message(.unasked, Draft(kind: .changed))
    #expect(try await office.deliver(message).outcome == .sent)
    #expect(directory.asked.count == 1 && office.outbox.state.value.namings.isEmpty)
    #expect(office.composer.letters.map(\.to.text) == ["stored@example.net"])
  }

  @Test func `an account that the main app named is not asked for again`() async throws {
    let (office, directory) = try office(.success(nil))
    #expect(try await office.deliver(office.message(.known(Sample.account()))).outcome == .sent)
    #expect(directory.asked.isEmpty && office.outbox.state.value.namings.isEmpty)
  }

  @Test func `a directory that cannot answer is asked again later`() async throws {
    let (office, _) = try office(.failure(DirectoryError(cause: "timeout")))
    let (pause, cause) = try #require(
      try await office.deliver(office.message()).outcome.retried)
    #expect((1...10).contains(pause) && cause == "directory_timeout")
    #expect(office.composer.letters.isEmpty)
  }

  @Test func `a request that was revoked meanwhile is not mailed`() async throws {
    let (office, _) = try office(.success(Sample.account()))
    office.outbox.state.update { $0.isLeaseLost = true }
    #expect(try await office.deliver(office.message()).outcome == .dropped(.revoked))
    #expect(office.composer.letters.isEmpty)
    #expect(office.book.lines.value.count { $0.contains("outcome=lease_lost") } == 1)
  }

  @Test(arguments: [ResetError.unavailable, .overloaded, .cryptography, .corrupt])
  func `a store that cannot write the account down drops nothing`(_ fault: ResetError) async throws
  {
    let (office, _) = try office(.success(Sample.account()))
    office.outbox.state.update { $0.namingFault = fault }
    let end = try await office.deliver(office.message())
    #expect(end.outcome.retried?.cause == "account_not_written")
    #expect(office.composer.letters.isEmpty)
  }

  // MARK: No account

  @Test(arguments: [MessageKind.link, .changed])
  func `without an account there is no mail, whoever says so`(_ kind: MessageKind) async throws {
    for (claim, asked) in [(AccountClaim.unasked, 1), (.none, 0)] {
      let (office, directory) = try office(.success(nil))
      let end = try await office.deliver(office.message(claim, Draft(kind: kind)))
      #expect(end.outcome == .dropped(.noAccount) && end.report == nil)
      #expect(directory.asked.count == asked && office.composer.letters.isEmpty)
      #expect(office.outbox.state.value.noAccounts.isEmpty)
    }
  }

  @Test(arguments: [true, false])
  func `where the caller wants it, the message becomes the mail that says so, if it may`(
    _ turns: Bool
  ) async throws {
    var (office, _) = try office(.success(nil))
    office.settings.noAccountLimits = RateLimits("1/1d")
    office.outbox.state.update { $0.turnsIntoNoAccount = turns }
    let ends = try await office.attempt(office.message())
    // Where it has become another message there is nothing to end.
    #expect(ends.map(\.outcome) == (turns ? [] : [.dropped(.noAccount)]))
    let key = try office.vault.noAccountKey(
      TestVault.address("ada@example.org"), caller: "shop")
    #expect(office.outbox.state.value.noAccounts == [key] && office.composer.letters.isEmpty)
  }

  @Test func `a notice of a change never becomes it`() async throws {
    var (office, _) = try office(.success(nil))
    office.settings.noAccountLimits = RateLimits("1/1d")
    let end = try await office.deliver(office.message(.unasked, Draft(kind: .changed)))
    #expect(end.outcome == .dropped(.noAccount))
    #expect(office.outbox.state.value.noAccounts.isEmpty)
  }

  @Test func `where it cannot be turned it is tried again`() async throws {
    var (office, _) = try office(.success(nil))
    office.settings.noAccountLimits = RateLimits("1/1d")
    office.outbox.state.update { $0.noAccountFault = .unavailable }
    let end = try await office.deliver(office.message())
    #expect(end.outcome.retried?.cause == "no_account_not_written")
  }
}
