internal import CCrypto

/// One `EVP_PKEY` that signatures are checked with.
@safe struct PublicKey: ~Copyable {
  private let key: OpaquePointer

  private init(owning key: OpaquePointer) {
    unsafe self.key = unsafe key
  }

  deinit {
    unsafe EVP_PKEY_free(key)
  }

  /// From a SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7) with nothing after it.
  static func decode(_ bytes: [UInt8]) throws(CryptographyError) -> PublicKey {
    ErrorQueue.clear()
    let decoded = unsafe bytes.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      var next = buffer.baseAddress
      guard let key = unsafe d2i_PUBKEY(nil, &next, buffer.count) else { return nil }
      guard unsafe next == buffer.baseAddress.map({ unsafe $0 + buffer.count }) else {
        unsafe EVP_PKEY_free(key)
        return nil
      }
      return unsafe key
    }
    guard let decoded = unsafe decoded else { throw ErrorQueue.drained(.keyUnusable) }
    return unsafe PublicKey(owning: decoded)
  }

  /// On NIST P-256, SP 800-186.
  var isP256: Bool {
    guard unsafe EVP_PKEY_get_base_id(key) == EVP_PKEY_EC else { return false }
    var name = [CChar](repeating: 0, count: 64)
    var length = 0
    let isNamed = unsafe EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1
    ErrorQueue.clear()
    return isNamed && name.prefix(length).elementsEqual("prime256v1".utf8.map(CChar.init))
  }

  /// RSA with a modulus from 2048 bits, which SP 800-131A asks for, to 8192, which bounds the work.
  var isSoundRSA: Bool {
    let bits = unsafe EVP_PKEY_get_bits(key)
    return unsafe EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && (2048...8192).contains(bits)
  }

  /// Whether this key made the signature over the digest of the message: ECDSA in DER, or RSA with
  /// PKCS #1 v1.5 padding. False too for bytes that are no signature.
  func accepts(
    _ signature: [UInt8], for message: [UInt8], _ digest: Fetched
  ) throws(CryptographyError) -> Bool {
    ErrorQueue.clear()
    guard let context = unsafe EVP_MD_CTX_new() else {
      throw ErrorQueue.drained(.internalFailure)
    }
    defer { unsafe EVP_MD_CTX_free(context) }
    guard unsafe EVP_DigestVerifyInit(context, nil, digest.pointer, nil, key) == 1 else {
      throw ErrorQueue.drained(.internalFailure)
    }
    let verdict = unsafe EVP_DigestVerify(
      context, signature, signature.count, message, message.count)
    ErrorQueue.clear()
    return verdict == 1
  }
}

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
