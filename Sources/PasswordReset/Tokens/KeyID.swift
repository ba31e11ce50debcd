internal import Cryptography
internal import Formats

/// The first 4 bytes of the SHA-256 of a key.
public struct KeyID: Sendable, Hashable, CustomStringConvertible {
  public let bytes: [UInt8]

  public init?(bytes: [UInt8]) {
    guard bytes.count == 4 else { return nil }
    self.bytes = bytes
  }

  init(of key: Secret) {
    bytes = Array(SHA256.hash(key.exposed()).prefix(4))
  }

  public var description: String { Hex.encode(bytes) }
}
