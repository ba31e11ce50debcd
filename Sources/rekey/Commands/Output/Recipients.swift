import PasswordReset

/// Opens sealed addresses. Without a keyring there are none to show.
struct Recipients {
  private let vault: Vault?
  private let isRevealed: Bool

  /// - Throws: for a keyring that cannot be read, and for none where addresses are to be revealed.
  init(_ settings: Settings, reveal: Bool) throws(ConfigurationProblem) {
    isRevealed = reveal
    guard reveal || settings.keyringFile != nil else {
      vault = nil
      return
    }
    vault = Vault(
      keyring: Reloadable(try Assembly.readKeyring(settings)), domains: InternationalDomains())
  }

  /// Where the mail goes or went; nil where the keyring does not have the key that sealed it.
  func address(_ sealed: [UInt8], _ kid: KeyID, of id: RequestID) -> String? {
    guard let details = try? vault?.open(sealed, kid: kid, for: id) else { return nil }
    return isRevealed ? details.mailedTo.text : details.mailedTo.masked(hiding: 1)
  }
}

extension EmailAddress {
  /// As `masked`, but of a name with no more letters than `hiding` none is shown.
  func masked(hiding: Int) -> String {
    localPart.unicodeScalars.count > hiding ? masked : "***@\(domain)"
  }
}
