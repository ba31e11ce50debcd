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
      try await revoker.revoke(.account(try vault.accountKey(id: id, caller: caller)))
    case .address(let address):
      try await revoker.revoke(.address(try vault.addressKey(address, caller: caller)))
    }
  }
}

/// Whose tokens die.
public enum Revocation: Sendable, Equatable {
  case account(KeyedHash)
  /// What the address has asked for, and the accounts that it has asked for.
  case address(KeyedHash)

  public var key: KeyedHash {
    switch self {
    case .account(let key), .address(let key): key
    }
  }
}

public protocol TokenRevoker: Sendable {
  /// Kills every link asked for until now, mailed or not, whatever account a directory names for it
  /// later. Returns how many could still have worked.
  func revoke(_ revocation: Revocation) async throws(ResetError) -> Int
}
