internal import Cryptography
internal import Formats

/// What a token may be used for. A token made for one purpose is refused for every other.
public enum TokenPurpose: UInt8, Sendable {
  case reset = 1
}

/// A token whose MAC has been verified: proof that this service, with a key it still holds, made a
/// link for a request. It says nothing about whether the request is live.
///
/// The text is `base64url(version ‖ purpose ‖ kid ‖ id ‖ mac)`, 1 + 1 + 4 + 16 + 32 = 54 bytes and
/// 72 characters; 54 is a multiple of 3, so there are no padding bits and one text per token.
public struct Token: Sendable, Equatable {
  public let purpose: TokenPurpose
  public let requestID: RequestID

  static let version: UInt8 = 1
  static let macStart = 22
  static let byteCount = 54
  static let textLength = 72

  /// Length-prefixed fields under a label: no other MAC of this service has such an input.
  static func macInput(purpose: UInt8, kid: [UInt8], id: [UInt8]) -> [UInt8] {
    var input: [UInt8] = []
    input.reserveCapacity(64)
    for field in [Array("rekey token".utf8), [version], [purpose], kid, id] {
      input.append(lengthPrefixed: field)
    }
    return input
  }
}

extension Keyring {
  /// The text of the token of a request, under the signing key.
  public func mint(
    _ purpose: TokenPurpose, for id: RequestID, under wanted: KeyID? = nil
  ) throws(ResetError) -> String {
    let key = wanted.flatMap { verifying($0) } ?? signing
    let kid = key.kid.bytes
    let mac = try key.mac(Token.macInput(purpose: purpose.rawValue, kid: kid, id: id.bytes))
    return Base64URL.encode([Token.version, purpose.rawValue] + kid + id.bytes + mac)
  }

  /// The token that a text stands for, or nil if this service did not make exactly this text for
  /// this purpose with a key that still verifies. Touches no database; compares in constant time.
  public func authenticate(
    _ text: String, for purpose: TokenPurpose
  ) throws(ResetError) -> Token? {
    guard text.utf8.count == Token.textLength, let bytes = Base64URL.decode(text),
      bytes.count == Token.byteCount, Base64URL.encode(bytes).utf8.elementsEqual(text.utf8),
      bytes[0] == Token.version, bytes[1] == purpose.rawValue,
      let kid = KeyID(bytes: Array(bytes[2..<6])), let key = verifying(kid),
      let id = RequestID(bytes: Array(bytes[6..<Token.macStart]))
    else { return nil }
    let expected = try key.mac(
      Token.macInput(purpose: purpose.rawValue, kid: kid.bytes, id: id.bytes))
    guard ConstantTime.equal(expected, Array(bytes[Token.macStart...])) else { return nil }
    return Token(purpose: purpose, requestID: id)
  }
}
