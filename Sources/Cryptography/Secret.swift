internal import CCrypto

/// Key bytes: shown nowhere, compared in constant time only, overwritten when the last copy goes.
///
/// It is not `Equatable`, so no short-circuiting `==` can leak how far two keys agree; use
/// ``ConstantTime/equal(_:_:)-(Secret,Secret)``. An array made by ``exposed()``, or the one a
/// secret was made from, is ordinary memory that is not overwritten.
public struct Secret: Sendable {
  private let storage: SecretStorage

  public init(_ bytes: [UInt8]) {
    storage = SecretStorage(count: bytes.count)
    unsafe storage.buffer.copyBytes(from: bytes)
  }

  /// `count` random bytes, 0 ... 2^31-1.
  ///
  /// - Throws: `.randomUnavailable`, or `.internalFailure` for a count out of bounds.
  public init(random count: Int) throws(CryptographyError) {
    try unsafe self.init(count: count) { (buffer) throws(CryptographyError) in
      guard unsafe SecureRandom.fill(buffer) else { throw .randomUnavailable }
    }
  }

  /// Lets `fill` write the bytes where they will stay, so no unprotected copy is made.
  init(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(CryptographyError) -> Void
  ) throws(CryptographyError) {
    guard (0...Int(Int32.max)).contains(count) else { throw .internalFailure }
    storage = SecretStorage(count: count)
    try unsafe fill(storage.buffer)
  }

  public var count: Int { unsafe storage.buffer.count }

  /// The bytes in place. The pointer must not leave `body`.
  public func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    // The storage may not be freed while `body` still holds a pointer into it.
    defer { withExtendedLifetime(storage) {} }
    return try unsafe body(UnsafeRawBufferPointer(storage.buffer))
  }

  /// A copy in ordinary memory, for the one place that must write the key down.
  public func exposed() -> [UInt8] {
    unsafe withUnsafeBytes { unsafe Array($0) }
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "<secret>" }
  public var debugDescription: String { "<secret>" }
  /// Empty, because `dump` and test failure messages print mirrors, not descriptions.
  public var customMirror: Mirror { Mirror(self, children: [:], displayStyle: .struct) }
}

/// Owns the memory of one ``Secret``.
// @unchecked: the bytes are written only inside `Secret`'s initialisers, before it can be shared.
@safe private final class SecretStorage: @unchecked Sendable {
  let buffer: UnsafeMutableRawBufferPointer

  init(count: Int) {
    unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    // Not `update(repeating: 0)`: the optimiser may drop a store to memory about to be freed.
    unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
    unsafe buffer.deallocate()
  }
}

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
