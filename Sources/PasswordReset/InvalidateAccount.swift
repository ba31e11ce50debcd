/// The password changed elsewhere: kill what is still live.
public struct InvalidateAccount: Sendable {
  private let revoker: any TokenRevoker
  private let vault: Vault

  public init(revoker: any TokenRevoker, vault: Vault) {
    self.revoker = revoker
    self.vault = vault
  }

  public enum Subject: Sendable {
    case account(id: String)
    /// The links asked for by this address and those of the accounts they belong to.
    case address(EmailAddress)
  }

  /// How many tokens died.
  public func callAsFunction(
    _ subject: Subject, for caller: String
  ) async throws(ResetError) -> Int {
    switch subject {
    case .account(let id):
      try await revoker.revoke(
        Revocation(
          caller: caller, accountKey: try vault.accountKey(id: id, caller: caller),
          addressKey: nil, reason: .invalidated))
    case .address(let address):
      try await revoker.revoke(
        Revocation(
          caller: caller, accountKey: nil,
          addressKey: try vault.addressKey(address, caller: caller), reason: .invalidated))
    }
  }
}

/// Whose live tokens die, and why.
public struct Revocation: Sendable {
  public let caller: String
  public let accountKey: KeyedHash?
  public let addressKey: KeyedHash?
  public let reason: RevokeReason
}

public protocol TokenRevoker: Sendable {
  /// Returns how many live tokens died.
  func revoke(_ revocation: Revocation) async throws(ResetError) -> Int
}
