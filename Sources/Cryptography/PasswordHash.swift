internal import CCrypto

/// Slow, salted hashes of passwords: scrypt, RFC 7914. One takes 16 MiB and some tens of
/// milliseconds of a core, so never make one on Swift's cooperative pool.
public enum PasswordHash {
  /// N, r and p of RFC 7914 §2 for new hashes.
  private static let cost = Cost(n: 16384, r: 8, p: 1)
  private static let size = 32
  /// libcrypto refuses parameters that need more.
  private static let maximumMemory: UInt64 = 64 << 20

  private struct Cost {
    let n: UInt64
    let r: UInt64
    let p: UInt64
  }

  /// One line of ASCII with everything that ``matches(_:_:)`` needs: `scrypt$N$r$p$salt$hash`, the
  /// last two in hexadecimal.
  ///
  /// - Throws: `.randomUnavailable`; `.internalFailure` when memory is short.
  public static func make(_ password: String) throws(CryptographyError) -> String {
    let salt = try SecureRandom.bytes(16)
    let hash = try derive(password, salt, cost)
    return "scrypt$\(cost.n)$\(cost.r)$\(cost.p)$\(hexadecimal(salt))$\(hexadecimal(hash))"
  }

  /// Whether the password gave that hash. False too for what is no hash of `make`.
  public static func matches(_ password: String, _ hash: String) -> Bool {
    let fields = hash.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    guard fields.count == 6, fields[0] == "scrypt", let n = UInt64(fields[1]),
      let r = UInt64(fields[2]), let p = UInt64(fields[3]), (1...16).contains(p),
      let salt = bytes(fields[4]), let wanted = bytes(fields[5]), wanted.count == size,
      let found = try? derive(password, salt, Cost(n: n, r: r, p: p))
    else { return false }
    return ConstantTime.equal(found, wanted)
  }

  /// RFC 7914 §6, for `count` bytes.
  static func derive(
    _ password: [UInt8], _ salt: [UInt8], n: UInt64, r: UInt64, p: UInt64, count: Int
  ) throws(CryptographyError) -> [UInt8] {
    ErrorQueue.clear()
    var key = [UInt8](repeating: 0, count: count)
    let isDone = unsafe password.withUnsafeBytes { password in
      unsafe EVP_PBE_scrypt(
        password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt,
        salt.count, n, r, p, maximumMemory, &key, count) == 1
    }
    guard isDone else { throw ErrorQueue.drained(.internalFailure) }
    return key
  }

  private static func derive(
    _ password: String, _ salt: [UInt8], _ cost: Cost
  ) throws(CryptographyError) -> [UInt8] {
    try derive(Array(password.utf8), salt, n: cost.n, r: cost.r, p: cost.p, count: size)
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Lower-case hexadecimal only, so that one hash has one text.
  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map { digit -> UInt8? in
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
      default: nil
      }
    }
    let values = digits.compactMap(\.self)
    guard values.count == digits.count, values.count % 2 == 0 else { return nil }
    return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
  }
}
