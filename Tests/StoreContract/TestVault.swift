public import PasswordReset

/// A vault with fresh keys, and what tests need to fill it.
public enum TestVault {
  public static func make() throws -> Vault {
    let file = try Keyring.newFile(createdAt: "2026-01-01")
    return Vault(keyring: Reloadable(try Keyring(file: file)), domains: ASCIIDomains())
  }

  public static func address(_ text: String) throws -> EmailAddress {
    try EmailAddress(text, policy: EmailAddress.Policy(smtpUTF8: false, domains: ASCIIDomains()))
  }
}

/// Knows no domain but those that need no encoding.
public struct ASCIIDomains: DomainEncoding {
  public init() {}

  public func aLabels(_ domain: String) -> String? { nil }
}
