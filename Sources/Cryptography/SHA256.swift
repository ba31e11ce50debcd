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
}
