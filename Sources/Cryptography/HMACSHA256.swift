internal import CCrypto

/// HMAC-SHA-256, RFC 2104 and FIPS 198-1.
public enum HMACSHA256 {
  /// The 32-byte code of `message` under `key`.
  ///
  /// HMAC pads short keys with zeros and hashes those over 64 bytes, so `k` and `k ‖ 0` are one
  /// key: use keys of one fixed length.
  ///
  /// - Throws: `.keyTooShort` for an empty key, which libcrypto would take as thirty-two zeros and
  ///   anybody could forge; `.internalFailure` if libcrypto refuses.
  public static func code(
    for message: [UInt8], key: Secret
  ) throws(CryptographyError) -> [UInt8] {
    guard key.count > 0 else { throw .keyTooShort }
    ErrorQueue.clear()
    guard let context = unsafe EVP_MAC_CTX_dup(template.pointer) else {
      throw ErrorQueue.drained(.internalFailure)
    }
    defer { unsafe EVP_MAC_CTX_free(context) }
    var code = [UInt8](repeating: 0, count: SHA256.size)
    var written = 0
    let keyed = unsafe key.withUnsafeBytes { unsafe initialise(context, key: $0) }
    guard keyed, unsafe EVP_MAC_update(context, message, message.count) == 1,
      unsafe EVP_MAC_final(context, &code, &written, code.count) == 1, written == code.count
    else { throw ErrorQueue.drained(.internalFailure) }
    return code
  }

  private static func initialise(_ context: OpaquePointer, key: UnsafeRawBufferPointer) -> Bool {
    unsafe EVP_MAC_init(context, key.baseAddress, key.count, nil) == 1
  }

  /// A context that already knows its digest. Copying it and giving the copy a key skips the
  /// look-up of HMAC and of SHA-256 by name. Its own key is a placeholder, because a context
  /// without one cannot be copied; no code is ever computed with it.
  private static let template = unsafe Fetched(makeTemplate())

  private static func makeTemplate() -> OpaquePointer? {
    guard let hmac = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else { return nil }
    defer { unsafe EVP_MAC_free(hmac) }
    guard let context = unsafe EVP_MAC_CTX_new(hmac) else { return nil }
    let placeholder = [UInt8](repeating: 0, count: SHA256.size)
    guard unsafe ccrypto_mac_init_digest(context, placeholder, placeholder.count, "SHA256") == 1
    else {
      unsafe EVP_MAC_CTX_free(context)
      return nil
    }
    return unsafe context
  }
}
