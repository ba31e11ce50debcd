import CCrypto
import Hooks
import Testing

/// A key pair made for a test, and what it signs.
struct HooksSigner: Sendable {
  enum Kind: Sendable {
    case p256
    case rsa
  }

  /// PKCS #8 in DER, so that it can be shared between tests.
  private let privateKey: [UInt8]
  /// SubjectPublicKeyInfo in DER.
  let publicKey: [UInt8]

  init(_ kind: Kind) throws {
    let context = try #require(
      EVP_PKEY_CTX_new_from_name(nil, kind == .p256 ? "EC" : "RSA", nil))
    defer { EVP_PKEY_CTX_free(context) }
    try #require(EVP_PKEY_keygen_init(context) == 1)
    switch kind {
    case .p256: try #require(EVP_PKEY_CTX_set_group_name(context, "P-256") == 1)
    case .rsa: try #require(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) == 1)
    }
    var key: OpaquePointer?
    try #require(EVP_PKEY_generate(context, &key) == 1)
    defer { EVP_PKEY_free(key) }
    privateKey = try Self.encoded { i2d_PrivateKey(key, $0) }
    publicKey = try Self.encoded { i2d_PUBKEY(key, $0) }
  }

  /// DER of ECDSA, or RSA with PKCS #1 v1.5 padding.
  func sign(_ message: [UInt8], sha1: Bool = false) throws -> [UInt8] {
    let key = try decoded()
    defer { EVP_PKEY_free(key) }
    let context = try #require(EVP_MD_CTX_new())
    defer { EVP_MD_CTX_free(context) }
    let digest = sha1 ? EVP_sha1() : EVP_sha256()
    try #require(EVP_DigestSignInit(context, nil, digest, nil, key) == 1)
    var signature = [UInt8](repeating: 0, count: 512)
    var count = signature.count
    try #require(EVP_DigestSign(context, &signature, &count, message, message.count) == 1)
    return Array(signature.prefix(count))
  }

  /// Self-signed, in DER, for these seconds since 1970.
  func certificate(_ validity: ClosedRange<Int64>) throws -> [UInt8] {
    let key = try decoded()
    defer { EVP_PKEY_free(key) }
    let certificate = try #require(X509_new())
    defer { X509_free(certificate) }
    try #require(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1)
    try #require(
      ASN1_TIME_set(X509_getm_notBefore(certificate), Int(validity.lowerBound)) != nil)
    try #require(ASN1_TIME_set(X509_getm_notAfter(certificate), Int(validity.upperBound)) != nil)
    try #require(X509_set_pubkey(certificate, key) == 1)
    try #require(X509_sign(certificate, key, EVP_sha256()) > 0)
    return try Self.encoded { i2d_X509(certificate, $0) }
  }

  private func decoded() throws -> OpaquePointer {
    try privateKey.withUnsafeBufferPointer { buffer in
      var next = buffer.baseAddress
      return try #require(d2i_AutoPrivateKey(nil, &next, buffer.count))
    }
  }

  private static func encoded(
    _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
  ) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(encode(nil)))
    bytes.withUnsafeMutableBufferPointer { buffer in
      var next = buffer.baseAddress
      _ = encode(&next)
    }
    return bytes
  }
}
