internal import CCrypto

/// AES-256-GCM, NIST SP 800-38D. A sealed value is nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes).
///
/// The nonce is random: one key may seal 2^32 values before the chance that two nonces meet
/// exceeds 2^-32 (SP 800-38D §8.3). Nobody counts: give each row a key of its own, derived from
/// one. Neither the length nor the associated data is hidden.
public enum Seal {
  static let keySize = 32
  static let nonceSize = 12
  static let tagSize = 16

  /// Seals at most 2^31-1 bytes. `associatedData` is not stored; the same must be given to open.
  ///
  /// - Throws: `.keyTooShort` unless the key has 32 bytes, `.randomUnavailable`, `.sealFailed`.
  public static func seal(
    _ plaintext: [UInt8], key: Secret, associatedData: [UInt8]
  ) throws(CryptographyError) -> [UInt8] {
    try seal(
      plaintext, key: key, associatedData: associatedData, nonce: SecureRandom.bytes(nonceSize))
  }

  /// With a given nonce, for published test vectors only: a nonce used twice gives the key away.
  static func seal(
    _ plaintext: [UInt8], key: Secret, associatedData: [UInt8], nonce: [UInt8]
  ) throws(CryptographyError) -> [UInt8] {
    guard key.count == keySize else { throw .keyTooShort }
    let cipher = try SealCipher(or: .sealFailed)
    var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
    var tag = [UInt8](repeating: 0, count: tagSize)
    guard cipher.begin(.seal, key: key, nonce: nonce), cipher.authenticate(associatedData),
      cipher.transform(plaintext[...], into: &ciphertext), cipher.finish(),
      cipher.readTag(into: &tag)
    else { throw ErrorQueue.drained(.sealFailed) }
    return nonce + ciphertext + tag
  }

  /// The plaintext, if every byte is as it was sealed, with this key and this associated data.
  ///
  /// - Throws: `.keyTooShort` unless the key has 32 bytes; `.openFailed` for anything else, so
  ///   that a wrong key and a changed byte look the same.
  public static func open(
    _ sealed: [UInt8], key: Secret, associatedData: [UInt8]
  ) throws(CryptographyError) -> [UInt8] {
    guard key.count == keySize else { throw .keyTooShort }
    guard sealed.count >= nonceSize + tagSize else { throw .openFailed }
    let cipher = try SealCipher(or: .openFailed)
    let ciphertext = sealed[nonceSize..<(sealed.count - tagSize)]
    var plaintext = [UInt8](repeating: 0, count: ciphertext.count)
    guard cipher.begin(.open, key: key, nonce: Array(sealed.prefix(nonceSize))),
      cipher.authenticate(associatedData), cipher.transform(ciphertext, into: &plaintext),
      cipher.expectTag(Array(sealed.suffix(tagSize))), cipher.finish()
    else {
      // Decrypted but not authenticated: it must not stay in memory, let alone be used.
      unsafe OPENSSL_cleanse(&plaintext, plaintext.count)
      throw ErrorQueue.drained(.openFailed)
    }
    return plaintext
  }
}
