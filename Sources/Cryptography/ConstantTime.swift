internal import CCrypto

/// Comparison whose duration does not depend on where two values differ. The lengths may leak.
public enum ConstantTime {
  public static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    unsafe a.withUnsafeBytes { left in
      unsafe b.withUnsafeBytes { right in unsafe equal(left, right) }
    }
  }

  public static func equal(_ a: Secret, _ b: Secret) -> Bool {
    unsafe a.withUnsafeBytes { left in
      unsafe b.withUnsafeBytes { right in unsafe equal(left, right) }
    }
  }

  private static func equal(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    guard a.count > 0 else { return true }
    return unsafe CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0
  }
}
