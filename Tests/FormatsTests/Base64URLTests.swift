import Formats
import Testing

@Suite struct Base64URLTests {
  /// RFC 4648 §10.
  static let vectors = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ]

  @Test(arguments: vectors)
  func `every example of RFC 4648 is reproduced`(_ plain: String, _ encoded: String) {
    let unpadded = String(decoding: encoded.utf8.filter { $0 != UInt8(ascii: "=") }, as: UTF8.self)
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
    #expect(Base64URL.encode(Array(plain.utf8)) == unpadded)
    #expect(Base64URL.decode(unpadded) == Array(plain.utf8))
  }

  @Test func `every byte and every length survives`() {
    for count in 0...256 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ count) }
      #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }

  @Test func `the alphabets differ in their last two digits`() {
    #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
    #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    #expect(Base64URL.decode("+/8") == nil)
    #expect(Base64.decode("-_8=") == nil)
  }

  @Test(arguments: [
    "QQ==", "QQ=", "QQ ", " QQ", "QQ\n", "Q Q", "QR", "Qf", "Q", "QQQQQ", "QQ\0", "QQé", "QQ.",
    "QUJ", "=", "QQ%3D",
  ])
  func `the URL form has one spelling`(_ text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test(arguments: [
    "QQ", "QQ=", "QQ===", "QQQ==", "QR==", "Qf==", "QUJ=", "Q===", "====", "=", "==", "QQ==QQ==",
    "QQ==\n", "QQ= =", "=QQ=", "QUJDRA",
  ])
  func `the padded form has one spelling`(_ text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test func `of all spellings of three digits only the written ones decode`() {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    for last in digits {
      let text = String(decoding: [UInt8(ascii: "Q"), UInt8(ascii: "U"), last], as: UTF8.self)
      let bytes = Base64URL.decode(text)
      #expect(bytes == nil || bytes.map(Base64URL.encode) == text)
    }
    #expect(digits.count == 64)
  }
}
