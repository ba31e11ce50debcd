/// A public key for ECDSA with P-256 and SHA-256, FIPS 186-5.
///
/// A signature is not a name for what it signs: from a valid one anybody can make a second,
/// (r, n−s). Whoever wants to notice repetitions compares what was signed.
public struct ECDSAP256Key: Sendable, Hashable {
  private let subjectPublicKeyInfo: [UInt8]

  /// From a SubjectPublicKeyInfo in DER, RFC 5480 §2.
  ///
  /// - Throws: `.keyUnusable` for anything but a point on that curve.
  public init(der bytes: [UInt8]) throws(CryptographyError) {
    guard try PublicKey.decode(bytes).isP256 else { throw .keyUnusable }
    subjectPublicKeyInfo = bytes
  }

  /// Whether this key signed SHA-256 of the message. False too for bytes that are no DER signature.
  ///
  /// - Throws: `.internalFailure` if libcrypto has no memory.
  public func accepts(
    _ signature: [UInt8], for message: [UInt8]
  ) throws(CryptographyError) -> Bool {
    try PublicKey.decode(subjectPublicKeyInfo).accepts(signature, for: message, Algorithms.sha256)
  }
}
