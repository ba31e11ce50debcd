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
    let context = try KeyedContext(key)
    try context.append(message)
    return try context.code()
  }

  /// The code under each of `keys` of what `next` returns, one after the other, until it returns
  /// nil. Keys and errors as in ``code(for:key:)``.
  public static func codes(
    forChunks next: () -> [UInt8]?, keys: [Secret]
  ) throws(CryptographyError) -> [[UInt8]] {
    let contexts = try keys.map { key throws(CryptographyError) in try KeyedContext(key) }
    while let chunk = next() {
      for context in contexts { try context.append(chunk) }
    }
    return try contexts.map { context throws(CryptographyError) in try context.code() }
  }

  /// A context that already knows its digest. Copying it and giving the copy a key skips the
  /// look-up of HMAC and of SHA-256 by name. Its own key is a placeholder, because a context
  /// without one cannot be copied; no code is ever computed with it.
  fileprivate static let template = unsafe Fetched(makeTemplate())

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

/// One code on its way.
@safe private final class KeyedContext {
  private let pointer: OpaquePointer

  init(_ key: Secret) throws(CryptographyError) {
    guard key.count > 0 else { throw .keyTooShort }
    ErrorQueue.clear()
    guard let pointer = unsafe EVP_MAC_CTX_dup(HMACSHA256.template.pointer) else {
      throw ErrorQueue.drained(.internalFailure)
    }
    unsafe self.pointer = unsafe pointer
    let isKeyed = unsafe key.withUnsafeBytes {
      unsafe EVP_MAC_init(pointer, $0.baseAddress, $0.count, nil) == 1
    }
    guard isKeyed else { throw ErrorQueue.drained(.internalFailure) }
  }

  deinit { unsafe EVP_MAC_CTX_free(pointer) }

  func append(_ bytes: [UInt8]) throws(CryptographyError) {
    guard unsafe EVP_MAC_update(pointer, bytes, bytes.count) == 1 else {
      throw ErrorQueue.drained(.internalFailure)
    }
  }

  func code() throws(CryptographyError) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: SHA256.size)
    var written = 0
    guard unsafe EVP_MAC_final(pointer, &code, &written, code.count) == 1, written == code.count
    else { throw ErrorQueue.drained(.internalFailure) }
    return code
  }
}
