import Cryptography
import Testing

/// FIPS 180-4 example values.
@Suite struct SHA256Tests {
  @Test func `the digest of nothing is the published one`() {
    #expect(
      SHA256.hash([])
        == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
  }

  @Test func `one block and two blocks give the published digests`() {
    #expect(
      SHA256.hash(bytes("abc"))
        == hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    #expect(
      SHA256.hash(bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))
        == hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"))
  }

  @Test func `a million letters give the published digest`() {
    #expect(
      SHA256.hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"))
  }

  @Test func `a digest does not depend on the chunks, and there may be none`() {
    let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for size in [1, 63, 64, 65, 999, 1000] {
      var rest = message[...]
      let digest = SHA256.hash {
        defer { rest = rest.dropFirst(size) }
        return rest.isEmpty ? nil : Array(rest.prefix(size))
      }
      #expect(digest == SHA256.hash(message))
    }
    var chunks: [[UInt8]] = [[], bytes("a"), [], bytes("bc"), []]
    #expect(
      SHA256.hash(chunks: { chunks.isEmpty ? nil : chunks.removeFirst() })
        == SHA256.hash(bytes("abc")))
    #expect(SHA256.hash(chunks: { nil }) == SHA256.hash([]))
  }
}
