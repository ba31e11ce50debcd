#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Accounts as a file of JSON objects, one a line. Written whole and put in place at once, so a
/// crash leaves the old file or the new one.
struct AccountFile: Sendable {
  let path: String

  /// Makes an empty file, readable for its owner only, when there is none.
  func read() throws(AccountStoreError) -> [Account] {
    let files = FileManager.default
    if !files.fileExists(atPath: path) {
      let made = files.createFile(
        atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
      guard made else { throw .cannotWrite(path: path) }
    }
    guard let data = files.contents(atPath: path) else { throw .cannotRead(path: path, line: 0) }
    return try parse([UInt8](data))
  }

  private func parse(_ bytes: [UInt8]) throws(AccountStoreError) -> [Account] {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var accounts: [Account] = []
    for (index, line) in lines.enumerated() where !line.isEmpty {
      guard let account = try? JSONDecoder().decode(Account.self, from: Data(line)) else {
        throw .cannotRead(path: path, line: index + 1)
      }
      accounts.append(account)
    }
    return accounts
  }

  func write(_ accounts: [Account]) throws(AccountStoreError) {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      var data = Data()
      for account in accounts {
        data += try encoder.encode(account)
        data.append(UInt8(ascii: "\n"))
      }
      try data.write(to: URL(filePath: path), options: .atomic)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    } catch {
      throw .cannotWrite(path: path)
    }
  }
}
