import Cryptography
import Testing

@Suite struct ConstantTimeTests {
  @Test func `equal bytes are equal`() {
    #expect(ConstantTime.equal([], []))
    #expect(ConstantTime.equal([0], [0]))
    #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
  }

  @Test func `a difference in any place is seen`() {
    let original = [UInt8](0..<32)
    for index in original.indices {
      var changed = original
      changed[index] ^= 0x80
      #expect(!ConstantTime.equal(original, changed))
    }
  }

  @Test func `another length is never equal`() {
    #expect(!ConstantTime.equal([], [0]))
    #expect(!ConstantTime.equal([1, 2], [1, 2, 0]))
    #expect(!ConstantTime.equal([1, 2, 0], [1, 2]))
  }

  @Test func `secrets compare by their bytes`() {
    #expect(ConstantTime.equal(Secret([1, 2]), Secret([1, 2])))
    #expect(!ConstantTime.equal(Secret([1, 2]), Secret([1, 3])))
    #expect(!ConstantTime.equal(Secret([1]), Secret([1, 0])))
  }
}
