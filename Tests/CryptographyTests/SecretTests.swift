import Cryptography
import Testing

@Suite struct SecretTests {
  @Test func `no way of printing shows a byte`() {
    let secret = Secret(bytes("hunter2"))
    var dumped = ""
    dump(secret, to: &dumped)
    let holder = Holder(secret: secret)
    var dumpedHolder = ""
    dump(holder, to: &dumpedHolder)
    for text in [
      "\(secret)", String(reflecting: secret), String(describing: holder), dumped, dumpedHolder,
      "\([secret])", "\(Optional(secret) as Any)",
    ] {
      #expect(text.contains("<secret>"))
      #expect(!text.contains("hunter2") && !text.contains("104"))
      #expect(!text.contains("0x") && !text.contains("buffer"))
    }
    #expect(Mirror(reflecting: secret).children.isEmpty)
  }

  @Test func `the bytes are kept as given`() {
    let secret = Secret([0, 1, 255])
    #expect(secret.count == 3)
    #expect(secret.exposed() == [0, 1, 255])
    #expect(unsafe secret.withUnsafeBytes { unsafe Array($0) } == [0, 1, 255])
    #expect(Secret([]).exposed().isEmpty)
  }

  @Test func `an error in the closure comes out as it is`() {
    #expect(throws: CryptographyError.sealFailed) {
      try unsafe Secret([1]).withUnsafeBytes { (_) throws(CryptographyError) in
        throw .sealFailed
      }
    }
  }

  @Test func `two random secrets differ and have the asked length`() throws {
    let first = try Secret(random: 32)
    let second = try Secret(random: 32)
    #expect(first.count == 32)
    #expect(!ConstantTime.equal(first, second))
    #expect(try Secret(random: 0).count == 0)
  }

  @Test(arguments: [-1, Int.min, Int(Int32.max) + 1, Int.max])
  func `a count out of bounds is an error, not a trap`(_ count: Int) {
    #expect(throws: CryptographyError.internalFailure) { try Secret(random: count) }
    #expect(throws: CryptographyError.internalFailure) { try SecureRandom.bytes(count) }
  }

  @Test func `random bytes have the asked length and do not repeat`() throws {
    #expect(try SecureRandom.bytes(0).isEmpty)
    #expect(try SecureRandom.bytes(1).count == 1)
    let draws = try (0..<1000).map { _ in try SecureRandom.bytes(16) }
    #expect(Set(draws).count == 1000)
  }

  @Test func `the library names its release`() {
    #expect(openSSLVersion.hasPrefix("OpenSSL 3."))
  }

  private struct Holder {
    let secret: Secret
  }
}
