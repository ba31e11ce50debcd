import ArgumentParser
import Cryptography
import Formats
import Glibc
import PasswordReset
import Storage

/// Reads an address as the service does, and makes what the list of suppressions knows of it.
struct OperatorAddress {
  private let vault: Vault
  private let policy: EmailAddress.Policy

  /// - Throws: without a keyring that can be read.
  init(_ settings: Settings) throws(ConfigurationProblem) {
    vault = Vault(
      keyring: Reloadable(try Assembly.readKeyring(settings)), domains: InternationalDomains())
    policy = settings.addresses
  }

  /// - Parameter argument: an address, or `-` for one on stdin.
  /// - Throws: wrong usage, in a line that repeats nothing of it.
  func address(_ argument: String) throws(ValidationError) -> EmailAddress {
    guard let text = argument == "-" ? Self.standardInput() : argument else {
      throw ValidationError("The address on stdin is no text, or much too long.")
    }
    do { return try EmailAddress(text, policy: policy) } catch {
      throw ValidationError(error.description)
    }
  }

  func key(of address: EmailAddress, for caller: String) throws(CommandFailure) -> KeyedHash {
    do { return try vault.addressKey(address, caller: caller) } catch { throw Self.failure(error) }
  }

  func suppression(
    of address: EmailAddress, for caller: String, _ reason: SuppressionReason,
    lasting lifetime: WholeDuration, at now: Timestamp
  ) throws(CommandFailure) -> Suppression {
    let suppressor = Suppressor(vault: vault, lifetime: lifetime, clock: Moment(moment: now)) {
      () throws(ResetError) in
      do { return try SecureRandom.bytes(10) } catch { throw ResetError.cryptography }
    }
    do {
      return try suppressor.suppression(of: address, for: caller, reason, by: "operator")
    } catch { throw Self.failure(error) }
  }

  private struct Moment: DatabaseClock {
    let moment: Timestamp

    func now() -> Timestamp { moment }
  }

  private static func failure(_ error: ResetError) -> CommandFailure {
    CommandFailure(description: "the keyring cannot be used: \(error)")
  }

  /// One line, without what ends it. An address has 254 bytes at most; nil where there is much more.
  private static func standardInput() -> String? {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1024)
    while bytes.count <= 4096 {
      let count = read(STDIN_FILENO, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += part.prefix(count)
    }
    guard bytes.count <= 4096 else { return nil }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return String(validating: bytes, as: UTF8.self)
  }
}
