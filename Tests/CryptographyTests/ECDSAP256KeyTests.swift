import Cryptography
import Testing

/// RFC 6979 §A.2.5: P-256 and SHA-256 over "sample".
@Suite struct `A P-256 key` {
  private static let head = "3059301306072a8648ce3d020106082a8648ce3d030107034200"
  private static let x = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
  private static let y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
  private static let der = hex(head + "04" + x + y)
  private static let r = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
  private static let s = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
  /// The order of the curve less `s`.
  private static let twin = "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"
  private static let signature = hex("3046022100" + r + "022100" + s)

  @Test func `accepts the published signature, and no other message for it`() throws {
    let key = try ECDSAP256Key(der: Self.der)
    #expect(try key.accepts(Self.signature, for: bytes("sample")))
    #expect(!(try key.accepts(Self.signature, for: bytes("test"))))
    #expect(!(try key.accepts(Self.signature, for: [])))
  }

  @Test func `accepts no signature with a changed byte`() throws {
    let key = try ECDSAP256Key(der: Self.der)
    for index in Self.signature.indices {
      var changed = Self.signature
      changed[index] ^= 1
      #expect(!(try key.accepts(changed, for: bytes("sample"))), "byte \(index)")
    }
  }

  @Test func `accepts the twin of a signature, so a signature is no name`() throws {
    let key = try ECDSAP256Key(der: Self.der)
    let twin = hex("3045022100" + Self.r + "0220" + Self.twin)
    #expect(try key.accepts(twin, for: bytes("sample")))
  }

  @Test func `accepts nothing that is not one signature in DER`() throws {
    let key = try ECDSAP256Key(der: Self.der)
    let others = [
      [], [0], Self.signature + [0], Self.signature.dropLast(), hex(Self.r + Self.s),
      hex("3006020100020100"), hex("30820046022100" + Self.r + "022100" + Self.s),
    ].map { Array($0) }
    for other in others { #expect(!(try key.accepts(other, for: bytes("sample")))) }
  }

  @Test func `is a point on that curve and nothing else`() {
    let others = [
      [], [0x30], Self.der + [0], Self.der.dropLast(), hex(Self.x + Self.y),
      hex(Self.head + "04" + Self.x + Self.x), hex(Self.head + "00"), SignatureVectors.p384,
      SignatureVectors.certificate,
    ].map { Array($0) }
    for other in others {
      #expect(throws: CryptographyError.keyUnusable) { try ECDSAP256Key(der: other) }
    }
  }

  @Test func `leaves nothing in the error queue that a later call would find`() throws {
    _ = try? ECDSAP256Key(der: [1, 2, 3])
    let key = try ECDSAP256Key(der: Self.der)
    _ = try key.accepts([1, 2, 3], for: [])
    #expect(try key.accepts(Self.signature, for: bytes("sample")))
    #expect(try HMACSHA256.code(for: [1], key: Secret([1])).count == 32)
  }
}
