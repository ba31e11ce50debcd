import Testing

@testable import Cryptography

@Suite struct HKDFSHA256Tests {
  @Test func `RFC 5869 test case 1, the basic one, is reproduced`() throws {
    let derived = try HKDFSHA256.derive(
      from: Secret([UInt8](repeating: 0x0b, count: 22)), salt: [UInt8](0...0x0c),
      info: [UInt8](0xf0...0xf9), count: 42)
    #expect(
      derived.exposed()
        == hex(
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"))
  }

  @Test func `RFC 5869 test case 2, with long inputs, is reproduced`() throws {
    let derived = try HKDFSHA256.derive(
      from: Secret([UInt8](0...0x4f)), salt: [UInt8](0x60...0xaf), info: [UInt8](0xb0...0xff),
      count: 82)
    #expect(
      derived.exposed()
        == hex(
          """
          b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c
          59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71
          cc30c58179ec3e87c14c01d5c1f3434f1d87
          """))
  }

  @Test func `RFC 5869 test case 3, without salt and info, is reproduced`() throws {
    let derived = try HKDFSHA256.derive(
      from: Secret([UInt8](repeating: 0x0b, count: 22)), salt: [], info: "", count: 42)
    #expect(
      derived.exposed()
        == hex(
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"))
  }

  @Test func `another label gives another key, the same label the same`() throws {
    let key = Secret([UInt8](repeating: 7, count: 32))
    let first = try HKDFSHA256.derive(from: key, salt: [], info: "token", count: 32)
    let same = try HKDFSHA256.derive(from: key, salt: [], info: "token", count: 32)
    let other = try HKDFSHA256.derive(from: key, salt: [], info: "seal", count: 32)
    #expect(ConstantTime.equal(first, same))
    #expect(!ConstantTime.equal(first, other))
  }

  @Test func `8160 bytes are given, 8161 and none are refused`() throws {
    let key = Secret([1])
    #expect(try HKDFSHA256.derive(from: key, salt: [], info: "", count: 1).count == 1)
    #expect(try HKDFSHA256.derive(from: key, salt: [], info: "", count: 8160).count == 8160)
    for count in [8161, 0, -1, Int.max, Int.min] {
      #expect(throws: CryptographyError.internalFailure) {
        try HKDFSHA256.derive(from: key, salt: [], info: "", count: count)
      }
    }
  }

  @Test func `an empty key is refused`() {
    #expect(throws: CryptographyError.keyTooShort) {
      try HKDFSHA256.derive(from: Secret([]), salt: [1], info: "x", count: 32)
    }
  }

  @Test func `a label of 1024 bytes counts in full, a longer one is refused`() throws {
    let key = Secret([1])
    let label = [UInt8](repeating: 0x61, count: 1024)
    let full = try HKDFSHA256.derive(from: key, salt: [], info: label, count: 32)
    let shorter = try HKDFSHA256.derive(
      from: key, salt: [], info: [UInt8](label.dropLast()), count: 32)
    #expect(!ConstantTime.equal(full, shorter))
    #expect(throws: CryptographyError.internalFailure) {
      try HKDFSHA256.derive(from: key, salt: [], info: label + [0x61], count: 32)
    }
  }
}
