/// Why an address gets no mail of a caller for a while.
public enum SuppressionReason: String, Sendable, CaseIterable {
  /// A mail server said in the dialogue that there is no such mailbox.
  case refused
  /// A provider reported later that the mail came back for good.
  case bounce
  /// The person called the mail unwanted.
  case complaint
  /// An operator decided.
  case manual
}

/// An address that gets no mail of a caller. Only their keyed hash is looked up; the address itself
/// is sealed, for operators who have to know what they release.
public struct Suppression: Sendable {
  public let addressKey: KeyedHash
  public let caller: String
  /// Made for this row; what seals the address is bound to it.
  public let id: RequestID
  public let sealed: Vault.Sealed
  public let reason: SuppressionReason
  /// Who said so: `2-sendgrid`, `hook`, `operator`.
  public let source: String
  public let lifetime: WholeDuration

  public init(
    addressKey: KeyedHash, caller: String, id: RequestID, sealed: Vault.Sealed,
    reason: SuppressionReason, source: String, lifetime: WholeDuration
  ) {
    self.addressKey = addressKey
    self.caller = caller
    self.id = id
    self.sealed = sealed
    self.reason = reason
    self.source = source
    self.lifetime = lifetime
  }
}

public protocol SuppressionList: Sendable {
  func contains(_ addressKey: KeyedHash) async throws(ResetError) -> Bool

  /// Where the address is on the list already, the later end counts.
  func add(_ suppression: Suppression) async throws(ResetError)
}

/// Makes suppressions of addresses.
public struct Suppressor: Sendable {
  private let vault: Vault
  private let lifetime: WholeDuration
  private let clock: any DatabaseClock
  private let random: @Sendable () throws(ResetError) -> [UInt8]

  /// - Parameter random: at least 10 unpredictable bytes a call.
  public init(
    vault: Vault, lifetime: WholeDuration, clock: any DatabaseClock,
    random: @escaping @Sendable () throws(ResetError) -> [UInt8]
  ) {
    self.vault = vault
    self.lifetime = lifetime
    self.clock = clock
    self.random = random
  }

  public func suppression(
    of address: EmailAddress, for caller: String, _ reason: SuppressionReason, by source: String
  ) throws(ResetError) -> Suppression {
    guard let id = RequestID(at: try clock.now(), random: try random()) else {
      throw .cryptography
    }
    return Suppression(
      addressKey: try vault.addressKey(address, caller: caller), caller: caller, id: id,
      sealed: try vault.seal(address, for: id), reason: reason, source: source,
      lifetime: lifetime)
  }
}
