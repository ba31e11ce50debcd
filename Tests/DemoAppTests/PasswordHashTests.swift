import Formats
import Testing

@testable import DemoApp

struct PasswordHashTests {
  /// RFC 7914 section 12, the second vector.
  @Test func `a hash is that of RFC 7914`() throws {
    let hash = try PasswordHash.derive(
      Array("password".utf8), Array("NaCl".utf8), n: 1024, r: 8, p: 16, count: 64)
    #expect(
      Hex.encode(hash)
        == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")
  }

  @Test func `the password that gave a hash matches it, no other does`() async throws {
    let hash = try await PasswordHasher.scrypt.hash("a password")
    #expect(hash.hasPrefix("scrypt$16384$8$1$"))
    #expect(try await PasswordHasher.scrypt.verify("a password", hash))
    #expect(try await !PasswordHasher.scrypt.verify("another", hash))
    #expect(try await PasswordHasher.scrypt.hash("a password") != hash)
  }

  @Test(arguments: [
    "", "scrypt", "scrypt$16384$8$1$00", "scrypt$16384$8$17$00$00", "scrypt$3$8$1$00$00",
    "scrypt$16384$8$1$0$00", "scrypt$16384$8$1$0G$00", "bcrypt$16384$8$1$00$00",
  ])
  func `what is no hash matches nothing`(hash: String) {
    #expect(!PasswordHash.matches("a password", hash))
  }
}
