internal import Formats

/// Why accounts could not be kept.
public enum AccountStoreError: Error, Equatable, CustomStringConvertible {
  /// Line 0: the file as a whole.
  case cannotRead(path: String, line: Int)
  case cannotWrite(path: String)

  public var description: String {
    switch self {
    case .cannotRead(let path, 0): "cannot read the accounts file \(path)"
    case .cannotRead(let path, let line): "line \(line) of \(path) is not an account"
    case .cannotWrite(let path): "cannot write the accounts file \(path)"
    }
  }
}

/// All accounts, in memory, and in a file after each change. Enough for a demo: the file is
/// rewritten whole.
actor AccountStore {
  private let file: AccountFile
  private let random: RandomBytes
  private var accounts: [Account]

  init(file path: String, random: @escaping RandomBytes) throws(AccountStoreError) {
    file = AccountFile(path: path)
    self.random = random
    accounts = try file.read()
  }

  var isEmpty: Bool { accounts.isEmpty }

  func account(id: String) -> Account? { accounts.first { $0.id == id } }

  func account(email: String) -> Account? {
    let key = Account.key(forEmail: email)
    return accounts.first { Account.key(forEmail: $0.email) == key }
  }

  /// - Returns: nil when there is an account with this address.
  func create(
    email: String, passwordHash: String, locale: String
  ) throws(AccountStoreError) -> Account? {
    guard account(email: email) == nil else { return nil }
    let account = Account(
      id: Hex.encode(random(8)), email: email, passwordHash: passwordHash, passwordVersion: 1,
      locale: locale)
    try replace(accounts + [account])
    return account
  }

  /// Writes a new password if the account still has that version: a compare-and-set, so that one
  /// consumed link changes the password once however often its form is sent.
  /// - Returns: false when nothing was written.
  func setPassword(
    ofAccount id: String, hash: String, ifVersion version: Int
  ) throws(AccountStoreError) -> Bool {
    var changed = accounts
    guard let index = changed.firstIndex(where: { $0.id == id }),
      changed[index].passwordVersion == version
    else { return false }
    changed[index].passwordHash = hash
    changed[index].passwordVersion &+= 1
    try replace(changed)
    return true
  }

  /// The file first: what is answered for must survive a restart.
  private func replace(_ changed: [Account]) throws(AccountStoreError) {
    try file.write(changed)
    accounts = changed
  }
}
