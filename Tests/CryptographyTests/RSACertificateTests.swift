import Cryptography
import Testing

@Suite struct `An RSA certificate` {
  private typealias Vectors = SignatureVectors

  @Test func `knows from when to when it counts`() throws {
    #expect(try RSACertificate(der: Vectors.certificate).validity == Vectors.year)
  }

  @Test func `accepts its key's signatures, each under its own digest`() throws {
    let certificate = try RSACertificate(der: Vectors.certificate)
    let message = bytes("sample")
    #expect(try certificate.accepts(Vectors.sha256, for: message, .sha256))
    #expect(try certificate.accepts(Vectors.sha1, for: message, .sha1))
    #expect(!(try certificate.accepts(Vectors.sha256, for: message, .sha1)))
    #expect(!(try certificate.accepts(Vectors.sha1, for: message, .sha256)))
    #expect(!(try certificate.accepts(Vectors.sha256, for: bytes("Sample"), .sha256)))
    #expect(!(try certificate.accepts(Vectors.sha256, for: [], .sha256)))
  }

  @Test(arguments: [0, 1, 127, 254, 255])
  func `accepts no signature with a changed byte`(index: Int) throws {
    let certificate = try RSACertificate(der: Vectors.certificate)
    var changed = Vectors.sha256
    changed[index] ^= 1
    #expect(!(try certificate.accepts(changed, for: bytes("sample"), .sha256)))
  }

  @Test func `accepts nothing of another length`() throws {
    let certificate = try RSACertificate(der: Vectors.certificate)
    let others = [
      [], Array(Vectors.sha256.dropLast()), Vectors.sha256 + [0], [0] + Vectors.sha256,
      [UInt8](repeating: 0, count: 256), [UInt8](repeating: 255, count: 256),
    ]
    for other in others {
      #expect(!(try certificate.accepts(other, for: bytes("sample"), .sha256)))
    }
  }

  @Test func `has an RSA key of at least 2048 bits`() {
    for other in [Vectors.smallCertificate, Vectors.curveCertificate, Vectors.p384] {
      #expect(throws: CryptographyError.keyUnusable) { try RSACertificate(der: other) }
    }
  }

  @Test func `is one certificate and nothing else`() {
    let whole = Vectors.certificate
    for other in [[], [0x30], whole + [0], Array(whole.dropLast()), whole + whole] {
      #expect(throws: CryptographyError.keyUnusable) { try RSACertificate(der: other) }
    }
  }
}
