import Foundation
import Glibc
import PasswordReset

/// The keyring and the demo app's key: made once, then kept.
enum DevKeys {
  static let caller = "demo"

  /// - Returns: the demo app's key. Only its hash stands in the callers file, as always; the key
  ///   itself is kept beside it, so that the next start has it.
  static func prepare(in directory: DevDirectory) throws -> String {
    let keyring = directory.file(.keyring)
    if access(keyring, F_OK) != 0 {
      try KeyFile.create(keyring, try Keyring.newFile(createdAt: Today.text))
    }
    let callers = try readCallers(directory.file(.callers))
    if let key = readKey(directory.file(.callerKey)), callers.name(of: key) == caller { return key }
    return try makeKey(in: directory, beside: callers)
  }

  private static func makeKey(in directory: DevDirectory, beside callers: CallerKeys) throws
    -> String
  {
    let (key, entry) = try CallerKeys.newKey(for: caller, createdAt: Today.text)
    let others = callers.entries.filter { $0.name != caller }
    try KeyFile.replace(directory.file(.callers), (others + [entry]).map(\.line).joined())
    try KeyFile.replace(directory.file(.callerKey), key + "\n")
    return key
  }

  private static func readCallers(_ path: String) throws -> CallerKeys {
    guard access(path, F_OK) == 0 else { return .empty }
    do { return try CallerKeys(file: try KeyFile.read(path, ConfigurationKey.callersFile)) } catch {
      throw CommandFailure(description: "\(path) is not a callers file; --reset begins anew")
    }
  }

  private static func readKey(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map {
      String(decoding: $0.prefix { $0 > 0x20 }, as: UTF8.self)
    }
  }
}
