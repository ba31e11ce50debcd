internal import Cryptography

/// What a keyed hash stands for. Each purpose has its own subkey of the pepper, so equal inputs of
/// two purposes have nothing in common.
public enum HashPurpose: String, Sendable, CaseIterable {
  case address, account, limiter, client, idempotency, body, consumer
  case noAccount = "no_account"
  case receipt
}

/// The only form in which an address, an account or an Idempotency-Key is indexed: the first 16
/// bytes of HMAC-SHA-256 under a subkey of the keyring's pepper.
///
/// 16 bytes are what a lookup key needs (RFC 2104 §5: no less than half of the hash). Two of 2^40
/// different inputs meet with a chance below 2^-48, and without the pepper nobody can search for
/// two that do. What must withstand a forger, the code of a token, keeps all its 32.
public struct KeyedHash: Sendable, Hashable {
  /// How many bytes a hash has.
  public static let size = 16

  public let bytes: [UInt8]

  /// Nil unless there are exactly 16 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Self.size else { return nil }
    self.bytes = bytes
  }
}

extension KeyedHash: Comparable {
  public static func < (a: KeyedHash, b: KeyedHash) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }
}

/// Makes keyed hashes. The pepper never rotates with the signing keys: its hashes are looked up.
public struct Pepper: Sendable {
  private let subkeys: [HashPurpose: Secret]

  init(_ key: Secret) throws(CryptographyError) {
    var subkeys: [HashPurpose: Secret] = [:]
    for purpose in HashPurpose.allCases {
      subkeys[purpose] = try HKDFSHA256.derive(
        from: key, salt: [], info: "rekey/1 pepper \(purpose.rawValue)", count: 32)
    }
    self.subkeys = subkeys
  }

  /// Hashes parts with their lengths, so that no two lists of parts are the same input.
  public func hash(_ purpose: HashPurpose, _ parts: [UInt8]...) throws(ResetError) -> KeyedHash {
    var message: [UInt8] = []
    for part in parts {
      message.append(lengthPrefixed: part)
    }
    do throws(CryptographyError) {
      guard let key = subkeys[purpose],
        let hash = KeyedHash(
          bytes: Array(try HMACSHA256.code(for: message, key: key).prefix(KeyedHash.size)))
      else { throw CryptographyError.internalFailure }
      return hash
    } catch { throw ResetError.cryptography }
  }
}

extension [UInt8] {
  /// Appends four bytes of length, highest first, then the bytes.
  public mutating func append(lengthPrefixed part: [UInt8]) {
    let length = UInt32(clamping: part.count)
    append(contentsOf: (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32($0))) })
    append(contentsOf: part)
  }
}
