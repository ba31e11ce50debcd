internal import CCrypto

/// What libcrypto looks up by name, looked up once per process: a fetch takes locks and costs more
/// than hashing a short message.
enum Algorithms {
  static let sha256 = unsafe Fetched(EVP_MD_fetch(nil, "SHA256", nil))
  /// Only for checking signatures that others still make with it.
  static let sha1 = unsafe Fetched(EVP_MD_fetch(nil, "SHA1", nil))
  static let aes256GCM = unsafe Fetched(EVP_CIPHER_fetch(nil, "AES-256-GCM", nil))
}

/// One object fetched from libcrypto and kept until the process ends; nil if libcrypto has none.
// @unchecked: a fetched algorithm is never written again; its references are counted atomically.
@safe struct Fetched: @unchecked Sendable {
  let pointer: OpaquePointer?

  init(_ pointer: OpaquePointer?) {
    unsafe self.pointer = unsafe pointer
    if unsafe pointer == nil { ErrorQueue.clear() }
  }
}

/// libcrypto's own account of which release it is, such as `OpenSSL 3.0.19 27 Jan 2026`.
public let openSSLVersion: String = unsafe String(cString: OpenSSL_version(OPENSSL_VERSION))
