import PasswordReset
import Support
import Testing

@Suite struct InvalidateAccountTests {
  private let vault: Vault
  private let revoker = Revoker()

  init() throws { vault = try Sample.vault() }

  private func revocation(_ subject: InvalidateAccount.Subject) async throws -> Revocation {
    let revoked = try await InvalidateAccount(revoker: revoker, vault: vault)(subject, for: "shop")
    #expect(revoked == 2)
    return try #require(revoker.revocations.last)
  }

  @Test func `by account, the links of that account of that caller die`() async throws {
    let key = try vault.accountKey(id: "42", caller: "shop")
    #expect(try await revocation(.account(id: "42")) == .account(key))
  }

  @Test func `by address, the links asked for by that address die`() async throws {
    let key = try vault.addressKey(Sample.address(), caller: "shop")
    #expect(try await revocation(.address(Sample.address("ada@EXAMPLE.org"))) == .address(key))
  }

  @Test func `a store that is not there is a fault`() async throws {
    await #expect(throws: ResetError.unavailable) {
      try await InvalidateAccount(revoker: Unreachable(), vault: vault)(
        .account(id: "42"), for: "shop")
    }
  }
}
