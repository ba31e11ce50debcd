import Cryptography
import Testing

@Suite struct HMACSHA256Tests {
  struct Vector: Sendable {
    let key, message, code: [UInt8]
  }

  /// RFC 4231 §4.2–4.8, without case 5, which only truncates.
  static let vectors = [
    Vector(
      key: [UInt8](repeating: 0x0b, count: 20), message: bytes("Hi There"),
      code: hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")),
    Vector(
      key: bytes("Jefe"), message: bytes("what do ya want for nothing?"),
      code: hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")),
    Vector(
      key: [UInt8](repeating: 0xaa, count: 20), message: [UInt8](repeating: 0xdd, count: 50),
      code: hex("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")),
    Vector(
      key: [UInt8](1...25), message: [UInt8](repeating: 0xcd, count: 50),
      code: hex("82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")),
    Vector(
      key: [UInt8](repeating: 0xaa, count: 131),
      message: bytes("Test Using Larger Than Block-Size Key - Hash Key First"),
      code: hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")),
    Vector(
      key: [UInt8](repeating: 0xaa, count: 131),
      message: bytes(
        "This is a test using a larger than block-size key and a larger than block-size data. "
          + "The key needs to be hashed before being used by the HMAC algorithm."),
      code: hex("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")),
  ]

  @Test(arguments: vectors)
  func `every code of RFC 4231 is reproduced`(_ vector: Vector) throws {
    #expect(
      try HMACSHA256.code(for: vector.message, key: Secret(vector.key)) == vector.code)
  }

  @Test func `an empty key is refused, one byte is taken`() throws {
    #expect(throws: CryptographyError.keyTooShort) {
      try HMACSHA256.code(for: [1], key: Secret([]))
    }
    #expect(try HMACSHA256.code(for: [1], key: Secret([1])).count == 32)
  }

  @Test func `an empty message has the known code`() throws {
    #expect(
      try HMACSHA256.code(for: [], key: Secret([UInt8](repeating: 0, count: 32)))
        == hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"))
  }

  @Test func `one code does not depend on the key of the one before`() throws {
    let first = Secret([UInt8](repeating: 1, count: 32))
    let before = try HMACSHA256.code(for: bytes("m"), key: first)
    let other = try HMACSHA256.code(
      for: bytes("m"), key: Secret([UInt8](repeating: 2, count: 32)))
    #expect(other != before)
    #expect(try HMACSHA256.code(for: bytes("m"), key: first) == before)
  }

  @Test func `codes made at once on many threads are right`() async {
    let vector = Self.vectors[1]
    let wrong = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<500).count { _ in
            let code = try? HMACSHA256.code(for: vector.message, key: Secret(vector.key))
            return code != vector.code
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(wrong == 0)
  }

  @Test func `chunks have the code of the whole under each key`() throws {
    let keys = Self.vectors.map { Secret($0.key) }
    for vector in Self.vectors {
      for size in [1, 7, vector.message.count] {
        var rest = vector.message[...]
        let codes = try HMACSHA256.codes(
          forChunks: {
            defer { rest = rest.dropFirst(size) }
            return rest.isEmpty ? nil : Array(rest.prefix(size))
          }, keys: keys)
        #expect(codes == (try keys.map { try HMACSHA256.code(for: vector.message, key: $0) }))
      }
    }
    #expect(try HMACSHA256.codes(forChunks: { nil }, keys: []) == [])
  }

  @Test func `an empty key among others is refused before anything is read`() {
    #expect(throws: CryptographyError.keyTooShort) {
      try HMACSHA256.codes(
        forChunks: {
          Issue.record("read")
          return nil
        }, keys: [Secret([1]), Secret([])])
    }
  }
}
