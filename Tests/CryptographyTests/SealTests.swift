import Testing

@testable import Cryptography

@Suite struct SealTests {
  static let key = Secret([UInt8](1...32))

  /// GCM test cases 13, 14 and 16 of the specification NIST SP 800-38D was made from.
  @Test func `the published AES-256-GCM values are reproduced`() throws {
    let zeros = Secret([UInt8](repeating: 0, count: 32))
    let nonce = [UInt8](repeating: 0, count: 12)
    #expect(
      try Seal.seal([], key: zeros, associatedData: [], nonce: nonce)
        == nonce + hex("530f8afbc74536b9a963b4f1c4cb738b"))
    #expect(
      try Seal.seal(
        [UInt8](repeating: 0, count: 16), key: zeros, associatedData: [], nonce: nonce)
        == nonce + hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"))
  }

  @Test func `the published value with associated data is reproduced`() throws {
    let key = Secret(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"))
    let plaintext = hex(
      """
      d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
      1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
      """)
    let associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    let nonce = hex("cafebabefacedbaddecaf888")
    let sealed = try Seal.seal(plaintext, key: key, associatedData: associated, nonce: nonce)
    #expect(
      sealed
        == nonce
        + hex(
          """
          522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
          8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
          76fc6ece0f4e1768cddf8853bb2d551b
          """))
    #expect(try Seal.open(sealed, key: key, associatedData: associated) == plaintext)
  }

  @Test(arguments: [0, 1, 15, 16, 17, 4096, 100_000])
  func `what is sealed opens to itself`(_ count: Int) throws {
    let plaintext = try SecureRandom.bytes(count)
    let sealed = try Seal.seal(plaintext, key: Self.key, associatedData: bytes("row"))
    #expect(sealed.count == count + 28)
    #expect(try Seal.open(sealed, key: Self.key, associatedData: bytes("row")) == plaintext)
  }

  @Test func `two seals of one value differ`() throws {
    let first = try Seal.seal([1, 2, 3], key: Self.key, associatedData: [])
    let second = try Seal.seal([1, 2, 3], key: Self.key, associatedData: [])
    #expect(first.prefix(12) != second.prefix(12))
    #expect(first.dropFirst(12) != second.dropFirst(12))
  }

  @Test func `one changed bit anywhere is refused`() throws {
    let sealed = try Seal.seal([1, 2, 3], key: Self.key, associatedData: [])
    for bit in 0..<(sealed.count * 8) {
      var changed = sealed
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: CryptographyError.openFailed) {
        try Seal.open(changed, key: Self.key, associatedData: [])
      }
    }
  }

  @Test func `a shortened or lengthened value is refused`() throws {
    let sealed = try Seal.seal([1, 2, 3], key: Self.key, associatedData: [])
    for count in 0..<sealed.count {
      #expect(throws: CryptographyError.openFailed) {
        try Seal.open([UInt8](sealed.prefix(count)), key: Self.key, associatedData: [])
      }
    }
    #expect(throws: CryptographyError.openFailed) {
      try Seal.open(sealed + [0], key: Self.key, associatedData: [])
    }
  }

  @Test func `other associated data or another key is refused`() throws {
    let sealed = try Seal.seal([1], key: Self.key, associatedData: bytes("row 1"))
    #expect(throws: CryptographyError.openFailed) {
      try Seal.open(sealed, key: Self.key, associatedData: bytes("row 2"))
    }
    #expect(throws: CryptographyError.openFailed) {
      try Seal.open(sealed, key: Self.key, associatedData: [])
    }
    #expect(throws: CryptographyError.openFailed) {
      try Seal.open(sealed, key: Secret(random: 32), associatedData: bytes("row 1"))
    }
  }

  @Test(arguments: [0, 16, 31, 33, 64])
  func `a key that has not 32 bytes is refused`(_ count: Int) throws {
    let key = Secret([UInt8](repeating: 1, count: count))
    let sealed = try Seal.seal([1], key: Self.key, associatedData: [])
    #expect(throws: CryptographyError.keyTooShort) {
      try Seal.seal([1], key: key, associatedData: [])
    }
    #expect(throws: CryptographyError.keyTooShort) {
      try Seal.open(sealed, key: key, associatedData: [])
    }
  }

  @Test func `a refusal does not spoil the next call on the thread`() throws {
    let sealed = try Seal.seal([9], key: Self.key, associatedData: [])
    for _ in 0..<100 {
      #expect(throws: CryptographyError.openFailed) {
        try Seal.open(sealed, key: Self.key, associatedData: [1])
      }
      #expect(try Seal.open(sealed, key: Self.key, associatedData: []) == [9])
    }
  }
}
