internal import CCrypto

/// HKDF with HMAC-SHA-256, RFC 5869: independent keys from one key, told apart by a label.
public enum HKDFSHA256 {
  /// The most bytes one derivation can give: 255 blocks of 32 (RFC 5869 §2.3).
  static let maximumCount = 255 * SHA256.size
  /// The most bytes of `info`; libcrypto's own bound differs between its releases.
  static let maximumInfo = 1024

  /// `count` bytes (1 ... 8160) for the purpose named by `info` (at most 1024 bytes of UTF-8).
  ///
  /// - Throws: `.keyTooShort` for an empty key; `.internalFailure` for a count or label out of
  ///   bounds or a refusal by libcrypto.
  public static func derive(
    from key: Secret, salt: [UInt8], info: String, count: Int
  ) throws(CryptographyError) -> Secret {
    try derive(from: key, salt: salt, info: Array(info.utf8), count: count)
  }

  /// The same with a label of any bytes.
  public static func derive(
    from key: Secret, salt: [UInt8], info: [UInt8], count: Int
  ) throws(CryptographyError) -> Secret {
    guard key.count > 0 else { throw .keyTooShort }
    guard (1...maximumCount).contains(count), info.count <= maximumInfo else {
      throw .internalFailure
    }
    ErrorQueue.clear()
    guard let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nil) else {
      throw ErrorQueue.drained(.internalFailure)
    }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    guard unsafe prepare(context, key: key, salt: salt, info: info) else {
      throw ErrorQueue.drained(.internalFailure)
    }
    return try unsafe Secret(count: count) { (buffer) throws(CryptographyError) in
      var written = buffer.count
      let output = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
      guard unsafe EVP_PKEY_derive(context, output, &written) == 1, written == count else {
        throw ErrorQueue.drained(.internalFailure)
      }
    }
  }

  /// Empty salt and info are left unset: RFC 5869 defines both as the default.
  private static func prepare(
    _ context: OpaquePointer, key: Secret, salt: [UInt8], info: [UInt8]
  ) -> Bool {
    guard let keyLength = Int32(exactly: key.count), let saltLength = Int32(exactly: salt.count),
      let infoLength = Int32(exactly: info.count),
      unsafe EVP_PKEY_derive_init(context) == 1,
      unsafe EVP_PKEY_CTX_set_hkdf_md(context, Algorithms.sha256.pointer) == 1,
      unsafe salt.isEmpty || EVP_PKEY_CTX_set1_hkdf_salt(context, salt, saltLength) == 1,
      unsafe info.isEmpty || EVP_PKEY_CTX_add1_hkdf_info(context, info, infoLength) == 1
    else { return false }
    return unsafe key.withUnsafeBytes { bytes in
      let pointer = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return unsafe EVP_PKEY_CTX_set1_hkdf_key(context, pointer, keyLength) == 1
    }
  }
}
