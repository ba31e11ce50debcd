internal import CCrypto

/// SHA-256, FIPS 180-4.
public enum SHA256 {
  /// The length of every digest, in bytes.
  static let size = 32

  /// The 32-byte digest of any number of bytes.
  ///
  /// Stops the process if libcrypto has lost SHA-256 or all memory: any bytes returned instead
  /// would be a digest that two different inputs share.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    ErrorQueue.clear()
    var digest = [UInt8](repeating: 0, count: size)
    let done = unsafe EVP_Digest(
      bytes, bytes.count, &digest, nil, Algorithms.sha256.pointer, nil)
    precondition(done == 1, "libcrypto cannot compute SHA-256")
    return digest
  }

  /// The digest of what `next` returns, one after the other, until it returns nil. Stops the
  /// process as ``hash(_:)`` does.
  public static func hash(chunks next: () -> [UInt8]?) -> [UInt8] {
    ErrorQueue.clear()
    var digest = [UInt8](repeating: 0, count: size)
    let context = unsafe EVP_MD_CTX_new()
    defer { unsafe EVP_MD_CTX_free(context) }
    var isSound =
      unsafe context != nil
      && EVP_DigestInit_ex2(context, Algorithms.sha256.pointer, nil) == 1
    while isSound, let chunk = next() {
      isSound = unsafe EVP_DigestUpdate(context, chunk, chunk.count) == 1
    }
    isSound = unsafe isSound && EVP_DigestFinal_ex(context, &digest, nil) == 1
    precondition(isSound, "libcrypto cannot compute SHA-256")
    return digest
  }
}
