import Formats
import Support
import Testing

@testable import PasswordReset

@Suite struct KeyedHashTests {
  /// Computed by another implementation of HKDF and HMAC for the fixed pepper and one part,
  /// `ada@example.org`.
  static let golden: [(HashPurpose, String)] = [
    (.address, "02b75b8753209879fd40e71fc61a442e"),
    (.account, "910c339527bcb1efc8586a076ff2f738"),
    (.limiter, "981798988b5645bb096e7d4f31975b04"),
    (.client, "4dae842d5cb21f5841e3c4beb32a1dad"),
    (.idempotency, "ebd97dbe23131a47a9d7f3a97395123f"),
    (.body, "0042868a2751d74cf3aad7ebe867b338"),
    (.consumer, "2f17929ccddc6919dd616b8158201309"),
  ]

  private func hash(_ purpose: HashPurpose, _ text: String) throws -> String {
    Hex.encode(try Sample.keyring().pepper.hash(purpose, Array(text.utf8)).bytes)
  }

  @Test(arguments: golden)
  func `a hash is what its pepper and its purpose make of the parts`(
    _ purpose: HashPurpose, _ expected: String
  ) throws {
    #expect(try hash(purpose, "ada@example.org") == expected)
  }

  @Test func `no two purposes share a hash`() throws {
    let hashes = try HashPurpose.allCases.map { try hash($0, "same") }
    #expect(Set(hashes).count == HashPurpose.allCases.count)
  }

  @Test func `another pepper makes another hash`() throws {
    let other = try Sample.keyring(
      Sample.signing, Sample.stranger.replacing("signing", with: "pepper"))
    #expect(Hex.encode(try other.pepper.hash(.address, []).bytes) != (try hash(.address, "")))
  }

  @Test func `rotating the signing key moves no hash`() throws {
    let rotated = try Sample.keyring(Sample.stranger, Sample.pepper)
    #expect(
      try rotated.pepper.hash(.address, [1]) == Sample.keyring().pepper.hash(.address, [1]))
  }

  @Test func `bytes cannot move from one part to the next`() throws {
    let pepper = try Sample.keyring().pepper
    let splits: [KeyedHash] = [
      try pepper.hash(.account, [1, 2, 3]), try pepper.hash(.account, [1], [2, 3]),
      try pepper.hash(.account, [1, 2], [3]), try pepper.hash(.account, [], [1, 2, 3]),
      try pepper.hash(.account, [1, 2, 3], []), try pepper.hash(.account, [0, 0, 0, 3, 1, 2, 3]),
    ]
    #expect(Set(splits).count == splits.count)
  }

  @Test func `a hash has 16 bytes, no fewer and no more`() {
    #expect(KeyedHash(bytes: .init(repeating: 0, count: 16)) != nil)
    #expect(KeyedHash(bytes: .init(repeating: 0, count: 15)) == nil)
    #expect(KeyedHash(bytes: .init(repeating: 0, count: 17)) == nil)
  }

  @Test func `hashes sort by their bytes`() throws {
    let bytes: [[UInt8]] = [
      [0] + .init(repeating: 255, count: 15), [1] + .init(repeating: 0, count: 15),
      [1] + .init(repeating: 0, count: 14) + [1], [255] + .init(repeating: 0, count: 15),
    ]
    let hashes = bytes.compactMap { KeyedHash(bytes: $0) }
    #expect(hashes.count == 4 && hashes.shuffled().sorted() == hashes)
    #expect(!(hashes[0] < hashes[0]))
  }

  // MARK: What the vault hashes

  @Test func `an account's key is bound to its caller and to being an account's`() throws {
    let vault = try Sample.vault()
    let email = try Sample.address()
    #expect(
      Hex.encode(try vault.accountKey(id: "42", caller: "shop").bytes)
        == "e9e7ace92ad8502f8e626ae2ef951617")
    let keys: [KeyedHash] = [
      try vault.accountKey(id: "42", caller: "shop"),
      try vault.accountKey(id: "42", caller: "blog"),
      try vault.accountKey(id: "43", caller: "shop"),
      try vault.accountKey(id: email.text, caller: "shop"),
      try vault.addressKey(email, caller: "shop"),
      try vault.addressKey(email, caller: "blog"),
      try vault.accountKey(id: "account42", caller: "shop"),
    ]
    #expect(Set(keys).count == keys.count)
  }

  @Test func `an address's key is bound to its caller`() throws {
    let vault = try Sample.vault()
    #expect(
      Hex.encode(try vault.addressKey(Sample.address(), caller: "shop").bytes)
        == "6823a98e77a504730a45a014d477dd67")
    let keys = try ["shop", "blog", "shopa"].map {
      try vault.addressKey(Sample.address(), caller: $0)
    }
    #expect(Set(keys).count == keys.count)
    #expect(try vault.addressKey(Sample.address("da@example.org"), caller: "shopa") != keys[0])
  }

  @Test func `an idempotency key is its caller's and its call's`() throws {
    let vault = try Sample.vault()
    let key = try #require(IdempotencyKey("k"))
    let keys: [KeyedHash] = [
      try vault.idempotencyKey(key, caller: "shop"), try vault.idempotencyKey(key, caller: "blog"),
      try vault.consumerKey(key, caller: "shop"), try vault.consumerKey(key, caller: "blog"),
      try vault.bodyHash(Array("k".utf8)),
    ]
    #expect(Set(keys).count == keys.count)
  }

  @Test func `the limiter folds tags and case, the address key only what is one mailbox`() throws {
    let vault = try Sample.vault()
    let spellings = try ["ada@Example.org", "ADA@example.org", "ada+x@example.org"].map {
      try Sample.address($0)
    }
    #expect(Set(try spellings.map { try vault.limiterKey($0, caller: "shop") }).count == 1)
    #expect(Set(try spellings.map { try vault.addressKey($0, caller: "shop") }).count == 3)
    #expect(
      try vault.addressKey(spellings[0], caller: "shop")
        == vault.addressKey(Sample.address(), caller: "shop"))
  }

  @Test func `a client is no address`() throws {
    let vault = try Sample.vault()
    let client = try #require(ClientAddress("192.0.2.1"))
    let (pepper, caller) = (try Sample.keyring().pepper, Array("shop".utf8))
    let key = try vault.limiterKey(client, caller: "shop")
    #expect(try key == pepper.hash(.client, caller, [192, 0, 2, 1]))
    #expect(try key != pepper.hash(.limiter, caller, [192, 0, 2, 1]))
  }

  @Test func `what is limited belongs to its caller`() throws {
    let (vault, address) = (try Sample.vault(), try Sample.address())
    let client = try #require(ClientAddress("192.0.2.1"))
    let callers = ["shop", "forum", ""]
    #expect(Set(try callers.map { try vault.limiterKey(address, caller: $0) }).count == 3)
    #expect(Set(try callers.map { try vault.limiterKey(client, caller: $0) }).count == 3)
  }

  // MARK: Idempotency keys

  @Test func `an idempotency key has 1 to 256 visible characters`() {
    #expect(IdempotencyKey("") == nil)
    #expect(IdempotencyKey("!") != nil)
    #expect(IdempotencyKey(String(repeating: "~", count: 256)) != nil)
    #expect(IdempotencyKey(String(repeating: "~", count: 257)) == nil)
  }

  @Test(arguments: [" ", "a b", "a\n", "\t", "a\u{7F}", "é", "\0", "a\r\n", "\u{2028}"])
  func `an idempotency key has no other characters`(_ text: String) {
    #expect(IdempotencyKey(text) == nil)
  }
}
