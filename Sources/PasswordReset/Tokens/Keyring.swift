internal import Cryptography
internal import Formats

/// What a key of the keyring is for.
public enum KeyState: String, Sendable, CaseIterable {
  /// Signs new tokens and seals new rows; exactly one.
  case signing
  /// Still verifies tokens and opens rows.
  case verifying
  /// Verifies nothing any more; still opens rows that were sealed under it.
  case retired
  /// Keys the hashes of addresses, accounts and Idempotency-Keys; exactly one.
  case pepper
}

/// A key with the subkeys that its uses are given, so that no key serves two purposes.
struct KeyringKey: Sendable {
  let kid: KeyID
  let state: KeyState
  let createdAt: String
  private let tokenKey: Secret
  private let sealKey: Secret
  private static let rowPurpose = Array("rekey/1 seal row".utf8)

  init(_ key: Secret, state: KeyState, createdAt: String) throws(CryptographyError) {
    kid = KeyID(of: key)
    self.state = state
    self.createdAt = createdAt
    tokenKey = try HKDFSHA256.derive(from: key, salt: [], info: "rekey/1 token", count: 32)
    sealKey = try HKDFSHA256.derive(from: key, salt: [], info: "rekey/1 seal", count: 32)
  }

  func mac(_ message: [UInt8]) throws(ResetError) -> [UInt8] {
    do { return try HMACSHA256.code(for: message, key: tokenKey) } catch { throw .cryptography }
  }

  func seal(_ plaintext: [UInt8], id: RequestID) throws(ResetError) -> [UInt8] {
    do {
      return try Seal.seal(plaintext, key: sealKey(of: id), associatedData: id.bytes)
    } catch { throw .cryptography }
  }

  func open(_ sealed: [UInt8], id: RequestID) throws(ResetError) -> [UInt8] {
    do {
      return try Seal.open(sealed, key: sealKey(of: id), associatedData: id.bytes)
    } catch { throw .cryptography }
  }

  /// A key for each row, so that the number of rows is not bound by how often one AES-GCM key may
  /// be used with random nonces (NIST SP 800-38D §8.3): a row is sealed a few times at most. The
  /// label has a fixed length and so has the id: no two inputs are one.
  private func sealKey(of id: RequestID) throws(CryptographyError) -> Secret {
    try HKDFSHA256.derive(from: sealKey, salt: [], info: Self.rowPurpose + id.bytes, count: 32)
  }
}

/// The keys of one deployment, as `keyring.file` holds them.
public struct Keyring: Sendable {
  let signing: KeyringKey
  private let byID: [KeyID: KeyringKey]
  public let pepper: Pepper
  /// What may be shown of the keys: never a key.
  public let entries: [Entry]

  /// One line of `rekey keys list`.
  public struct Entry: Sendable, Equatable {
    public let kid: KeyID
    public let state: KeyState
    public let createdAt: String
  }

  /// The key with this id if tokens under it are still accepted.
  func verifying(_ kid: KeyID) -> KeyringKey? {
    guard let key = byID[kid], key.state == .signing || key.state == .verifying else { return nil }
    return key
  }

  /// Seals what is personal in a row under a key that the signing key gives this row alone; its id
  /// is bound to it once more as associated data.
  public func seal(
    _ plaintext: [UInt8], for id: RequestID
  ) throws(ResetError) -> (sealed: [UInt8], kid: KeyID) {
    (try signing.seal(plaintext, id: id), signing.kid)
  }

  /// Opens a sealed row. A missing key and a changed row are both `.cryptography`.
  public func open(
    _ sealed: [UInt8], kid: KeyID, for id: RequestID
  ) throws(ResetError) -> [UInt8] {
    guard let key = byID[kid] else { throw .cryptography }
    return try key.open(sealed, id: id)
  }
}

extension Keyring {
  /// Why a keyring file is refused; `line` counts from 1. Never holds a key.
  public enum Problem: Error, Sendable, Equatable {
    case malformedLine(Int)
    case malformedKey(line: Int)
    case shortKey(line: Int)
    case weakKey(line: Int)
    case keyIDDiffers(line: Int)
    case duplicateKey(line: Int)
    case signingKeys(found: Int)
    case peppers(found: Int)
    case cryptography
  }

  /// Reads the lines `kid key-base64 created-at state`; empty lines and `#` comments are skipped.
  public init(file text: String) throws(Problem) {
    var keys: [KeyringKey] = []
    var peppers: [(KeyringKey, Secret)] = []
    for (number, line) in text.entryLines {
      let (key, secret) = try Self.parse(line, number)
      guard !(keys + peppers.map(\.0)).contains(where: { $0.kid == key.kid }) else {
        throw .duplicateKey(line: number)
      }
      if key.state == .pepper { peppers.append((key, secret)) } else { keys.append(key) }
    }
    let signing = keys.filter { $0.state == .signing }
    guard let signingKey = signing.first, signing.count == 1 else {
      throw .signingKeys(found: signing.count)
    }
    guard let pepper = peppers.first, peppers.count == 1 else {
      throw .peppers(found: peppers.count)
    }
    do { self.pepper = try Pepper(pepper.1) } catch { throw .cryptography }
    self.signing = signingKey
    byID = Dictionary(keys.map { ($0.kid, $0) }, uniquingKeysWith: { first, _ in first })
    entries = (keys + [pepper.0]).map {
      Entry(kid: $0.kid, state: $0.state, createdAt: $0.createdAt)
    }
  }

  private static func parse(
    _ line: Substring, _ number: Int
  ) throws(Problem) -> (KeyringKey, Secret) {
    let fields = line.split(separator: " ", omittingEmptySubsequences: false)
    guard fields.count == 4, let kid = Hex.decode(fields[0]).flatMap(KeyID.init(bytes:)),
      !fields[2].isEmpty, let state = KeyState(rawValue: String(fields[3]))
    else { throw .malformedLine(number) }
    guard let bytes = Base64.decode(String(fields[1])) else { throw .malformedKey(line: number) }
    guard bytes.count >= 32 else { throw .shortKey(line: number) }
    // All-zero keys, counters and repeated examples have few distinct bytes; 32 random ones have
    // 8 or fewer distinct values with a chance below 2^-100.
    guard Set(bytes).count > 8, !isCounting(bytes) else { throw .weakKey(line: number) }
    let secret = Secret(bytes)
    let key: KeyringKey
    do {
      key = try KeyringKey(secret, state: state, createdAt: String(fields[2]))
    } catch { throw .cryptography }
    guard key.kid == kid else { throw .keyIDDiffers(line: number) }
    return (key, secret)
  }

  private static func isCounting(_ bytes: [UInt8]) -> Bool {
    let step = bytes[1] &- bytes[0]
    return zip(bytes, bytes.dropFirst()).allSatisfy { $1 &- $0 == step }
  }

  /// The text of a new keyring: one signing key and one pepper, 32 random bytes each.
  /// - Parameter createdAt: an RFC 3339 date without spaces.
  public static func newFile(createdAt: String) throws(ResetError) -> String {
    do {
      return try [KeyState.signing, .pepper].map { state in
        let key = try Secret(random: 32)
        return "\(KeyID(of: key)) \(Base64.encode(key.exposed())) \(createdAt) \(state.rawValue)\n"
      }.joined()
    } catch { throw .cryptography }
  }
}
