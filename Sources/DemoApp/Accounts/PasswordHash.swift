internal import CCrypto
internal import Cryptography
internal import Formats
internal import NIOPosix

/// Slow, salted hashes of passwords: scrypt, RFC 7914. One takes 16 MiB and some tens of
/// milliseconds of a core, so never make one on Swift's cooperative pool.
enum PasswordHash {
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
  static func make(_ password: String) throws(CryptographyError) -> String {
    let salt = try SecureRandom.bytes(16)
    let hash = try derive(password, salt, cost)
    return "scrypt$\(cost.n)$\(cost.r)$\(cost.p)$\(Hex.encode(salt))$\(Hex.encode(hash))"
  }

  /// Whether the password gave that hash. False too for what is no hash of `make`.
  static func matches(_ password: String, _ hash: String) -> Bool {
    let fields = hash.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    guard fields.count == 6, fields[0] == "scrypt", let n = UInt64(fields[1]),
      let r = UInt64(fields[2]), let p = UInt64(fields[3]), (1...16).contains(p),
      let salt = Hex.decode(fields[4]), let wanted = Hex.decode(fields[5]), wanted.count == size,
      let found = try? derive(password, salt, Cost(n: n, r: r, p: p))
    else { return false }
    return ConstantTime.equal(found, wanted)
  }

  /// RFC 7914 §6, for `count` bytes.
  static func derive(
    _ password: [UInt8], _ salt: [UInt8], n: UInt64, r: UInt64, p: UInt64, count: Int
  ) throws(CryptographyError) -> [UInt8] {
    ERR_clear_error()
    var key = [UInt8](repeating: 0, count: count)
    let isDone = unsafe password.withUnsafeBytes { password in
      unsafe EVP_PBE_scrypt(
        password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt,
        salt.count, n, r, p, maximumMemory, &key, count) == 1
    }
    guard isDone else {
      ERR_clear_error()
      throw .internalFailure
    }
    return key
  }

  private static func derive(
    _ password: String, _ salt: [UInt8], _ cost: Cost
  ) throws(CryptographyError) -> [UInt8] {
    try derive(Array(password.utf8), salt, n: cost.n, r: cost.r, p: cost.p, count: size)
  }
}

extension PasswordHasher {
  /// On threads for blocking work, where keeping a core busy for a while holds nobody up.
  public static let scrypt = PasswordHasher(
    hash: { password in
      try await NIOThreadPool.singleton.runIfActive { try PasswordHash.make(password) }
    },
    verify: { password, hash in
      try await NIOThreadPool.singleton.runIfActive { PasswordHash.matches(password, hash) }
    })
}
