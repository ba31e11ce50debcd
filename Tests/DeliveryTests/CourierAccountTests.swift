import PasswordReset
import StoreContract
import Testing

@testable import Delivery

@Suite struct CourierAccountTests {
  private func office(
    _ answer: Result<Account?, DirectoryError>
  ) throws -> (Office, Directory, Transport) {
    var office = try Office()
    let (directory, transport) = (Directory(answer), Transport())
    (office.directory, office.transport) = (directory, transport)
    return (office, directory, transport)
  }

  @Test func `the directory names the account, and it is written down`() async throws {
    let (office, directory, transport) = try office(.success(Sample.account()))
    let message = try office.message(.unasked)
    #expect(try await office.deliver(message) == .sent)
    #expect(directory.asked == ["ada@example.org"])
    #expect(transport.mails.map(\.to.text) == ["stored@example.net"])
    let naming = try #require(office.outbox.state.value.namings.first)
    #expect(naming.request == message.requestID)
    #expect(try naming.account == office.vault.accountKey(id: "42", caller: "shop"))
    let details = try office.vault.open(
      naming.sealed.bytes, kid: naming.sealed.kid, for: message.requestID)
    #expect(try details == Sample.details(.known(Sample.account())))
  }

  @Test func `it is written down before the mail goes`() async throws {
    var (office, _, _) = try office(.success(Sample.account()))
    let namings = Watched(-1)
    office.transport = Transport { [outbox = office.outbox] in
      namings.update { $0 = outbox.state.value.namings.count }
    }
    _ = try await office.deliver(office.message(.unasked))
    #expect(namings.value == 1)
  }

  @Test func `an account that the main app named is not asked for again`() async throws {
    let (office, directory, _) = try office(.success(nil))
    #expect(try await office.deliver(office.message(.known(Sample.account()))) == .sent)
    #expect(directory.asked.isEmpty && office.outbox.state.value.namings.isEmpty)
  }

  @Test func `without an account there is no mail, whoever says so`() async throws {
    var (office, directory, transport) = try office(.success(nil))
    #expect(try await office.deliver(office.message(.unasked)) == .dropped(.noAccount))
    #expect(transport.mails.isEmpty && office.outbox.state.value.namings.isEmpty)
    (office, directory, transport) = try self.office(.success(Sample.account()))
    #expect(try await office.deliver(office.message(.none)) == .dropped(.noAccount))
    #expect(transport.mails.isEmpty && directory.asked.isEmpty)
  }

  @Test func `a directory that cannot answer is asked again later`() async throws {
    let (office, _, transport) = try office(.failure(DirectoryError(cause: "timeout")))
    guard case .retry(let pause, "directory_timeout") = try await office.deliver(office.message())
    else {
      Issue.record("no retry")
      return
    }
    #expect((1...10).contains(pause.seconds) && transport.mails.isEmpty)
  }

  @Test func `a request that was revoked meanwhile is not mailed`() async throws {
    let (office, _, transport) = try office(.success(Sample.account()))
    office.outbox.state.update { $0.isLeaseLost = true }
    #expect(try await office.deliver(office.message()) == .dropped(.revoked))
    #expect(transport.mails.isEmpty)
    #expect(office.book.lines.value.count { $0.contains("outcome=lease_lost") } == 1)
  }

  @Test(arguments: [ResetError.unavailable, .overloaded, .cryptography, .corrupt])
  func `a store that cannot write the account down drops nothing`(_ fault: ResetError) async throws
  {
    let (office, _, transport) = try office(.success(Sample.account()))
    office.outbox.state.update { $0.namingFault = fault }
    guard case .retry(_, "account_not_written") = try await office.deliver(office.message()) else {
      Issue.record("no retry")
      return
    }
    #expect(transport.mails.isEmpty)
  }
}
