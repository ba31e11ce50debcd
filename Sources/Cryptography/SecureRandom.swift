internal import CCrypto

/// Random bytes from libcrypto's generator, which seeds itself from the kernel.
public enum SecureRandom {
  /// `count` random bytes, 0 ... 2^31-1.
  ///
  /// - Throws: `.randomUnavailable` when the generator fails: there is no weaker source to fall
  ///   back to. `.internalFailure` for a count out of bounds.
  public static func bytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
    guard (0...Int(Int32.max)).contains(count) else { throw .internalFailure }
    var bytes = [UInt8](repeating: 0, count: count)
    guard unsafe bytes.withUnsafeMutableBytes({ unsafe fill($0) }) else {
      throw .randomUnavailable
    }
    return bytes
  }

  /// Whether every byte of the buffer is random now.
  static func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    guard let length = Int32(exactly: buffer.count) else { return false }
    ErrorQueue.clear()
    let pointer = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    // On failure the answer is 0 or -1 and the buffer stays as it was: all zeros.
    if unsafe RAND_bytes(pointer, length) == 1 { return true }
    ErrorQueue.clear()
    return false
  }
}
