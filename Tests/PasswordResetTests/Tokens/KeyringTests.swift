import Formats
import Support
import Testing

@testable import PasswordReset

@Suite struct KeyringTests {
  private static let signing = Sample.signing
  private static let pepper = Sample.pepper

  private func problem(_ file: String) -> Keyring.Problem? {
    do throws(Keyring.Problem) {
      _ = try Keyring(file: file)
      return nil
    } catch { return error }
  }

  private func line(_ bytes: [UInt8], state: String = "signing", kid: String = "00000000") -> String
  {
    "\(kid) \(Base64.encode(bytes)) 2026-11-01 \(state)\n"
  }

  // MARK: What is read

  @Test func `keys are listed with their states and never with their bytes`() throws {
    let keyring = try Sample.keyring(
      Sample.signing, Sample.verifying, Sample.retired, Sample.pepper)
    #expect(keyring.entries.map(\.state) == [.signing, .verifying, .retired, .pepper])
    #expect(
      keyring.entries.map(\.kid.description) == ["7ab554b3", "0c05843e", "72bd1666", "e8e8ed58"])
    #expect(keyring.entries.allSatisfy { $0.createdAt == "2026-11-01" })
    var dumped = "\(keyring) \(String(reflecting: keyring))"
    dump(keyring, to: &dumped)
    #expect(!dumped.contains("dhnH1wlZ") && !dumped.contains("118, 25, 199"))
  }

  @Test func `the order of lines does not matter`() throws {
    #expect(try Sample.keyring(Sample.pepper, Sample.signing).signing.kid.description == "7ab554b3")
  }

  @Test func `empty lines and comments are skipped and counted`() {
    #expect(problem("# keys\n\n\(Self.signing)\n# more\n\(Self.pepper)#") == nil)
    #expect(problem("# keys\n\n\(Self.signing)\nbroken\n\(Self.pepper)") == .malformedLine(5))
  }

  @Test func `the last line needs no end`() {
    #expect(problem(Self.signing + Self.pepper.dropLast()) == nil)
  }

  // MARK: What is refused

  @Test(arguments: [
    "kid", "7ab554b3", "7ab554b3 dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U= 2026-11-01",
    "7ab554b3 dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U= 2026-11-01 signing more",
    "7ab554b3 dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U= 2026-11-01 signing ",
    " 7ab554b3 dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U= 2026-11-01 signing",
    "7ab554b3  dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U= 2026-11-01 signing",
    "7ab554b3 dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U=  signing",
    "7ab554b3 dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U= 2026-11-01 Signing",
    "7ab554b3 dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U= 2026-11-01 active",
    "7AB554B3 dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U= 2026-11-01 signing",
    "7ab554 dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U= 2026-11-01 signing",
    "7ab554b300 dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U= 2026-11-01 signing",
    "7ab554b3\tdhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U=\t2026-11-01\tsigning",
  ])
  func `a line of another form is refused`(_ line: String) {
    #expect(problem(Self.pepper + line + "\n") == .malformedLine(2))
  }

  @Test(arguments: [
    "dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U", "dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9V=",
    "dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U==", "7619c7d7", "!", "",
  ])
  func `a key that is not strict Base64 is refused`(_ key: String) {
    let expected: Keyring.Problem = key == "7619c7d7" ? .shortKey(line: 1) : .malformedKey(line: 1)
    // No bytes at all are Base64 of nothing.
    #expect(
      problem("7ab554b3 \(key) now signing\n") == (key.isEmpty ? .shortKey(line: 1) : expected))
  }

  @Test func `a key of 31 bytes is too short, one of 32 is not`() {
    #expect(problem(line(Array((0..<31).map { $0 &* 73 &* $0 }))) == .shortKey(line: 1))
    #expect(
      problem(line(Array((0..<32).map { $0 &* 73 &* $0 }))) == .keyIDDiffers(line: 1))
  }

  @Test func `a key that nobody drew at random is refused`() {
    let examples: [[UInt8]] = [
      .init(repeating: 0, count: 32), .init(repeating: 0xFF, count: 64), Array(0..<32),
      Array((0..<32).map { 31 - $0 }), Array((0..<64).map { UInt8($0) &* 7 }),
    ]
    for bytes in examples { #expect(problem(line(bytes)) == .weakKey(line: 1)) }
  }

  @Test func `eight different bytes are too few, nine are not`() {
    let digits: [UInt8] = [3, 1, 4, 15, 92, 65, 35, 89, 79]
    #expect(problem(line((0..<32).map { digits[$0 % 8] })) == .weakKey(line: 1))
    #expect(problem(line((0..<32).map { digits[$0 % 9] })) == .keyIDDiffers(line: 1))
  }

  @Test func `a key under another's name is refused`() {
    #expect(
      problem(Self.pepper + Self.signing.replacing("7ab554b3", with: "7ab554b4"))
        == .keyIDDiffers(line: 2))
  }

  @Test func `one key in two lines is refused, whatever its states`() {
    #expect(problem(Self.signing + Self.pepper + Self.signing) == .duplicateKey(line: 3))
    #expect(
      problem(Self.signing + Self.signing.replacing("signing", with: "pepper"))
        == .duplicateKey(line: 2))
  }

  @Test func `exactly one key signs`() {
    #expect(problem(Self.pepper) == .signingKeys(found: 0))
    #expect(problem(Sample.verifying + Self.pepper) == .signingKeys(found: 0))
    #expect(problem(Self.signing + Sample.stranger + Self.pepper) == .signingKeys(found: 2))
    #expect(problem("") == .signingKeys(found: 0))
  }

  @Test func `exactly one key is the pepper`() {
    let second = Sample.stranger.replacing("signing", with: "pepper")
    #expect(problem(Self.signing) == .peppers(found: 0))
    #expect(problem(Self.signing + Self.pepper + second) == .peppers(found: 2))
  }

  @Test func `line ends of two characters are refused and hide no line`() {
    let file = "# keys\n\(Self.signing)\(Self.pepper)"
    #expect(problem(file.replacing("\n", with: "\r\n")) == .malformedLine(2))
    #expect(
      problem("# keys\r\nbroken\n\(Self.signing)\(Self.pepper)") == .malformedLine(2))
  }

  @Test func `no problem repeats a key`() {
    let files = [
      Self.signing + Self.signing, Self.signing, Self.pepper,
      Self.signing.replacing("7ab554b3", with: "7ab554b4"), line(.init(repeating: 7, count: 32)),
      Self.signing.replacing(" signing", with: ""),
    ]
    for file in files {
      let problem = problem(file)
      let text = "\(String(describing: problem)) \(String(reflecting: problem))"
      #expect(problem != nil && !text.contains("dhnH1") && !text.contains("BwcHB"))
    }
  }

  // MARK: New files

  @Test func `a new file has one signing key and one pepper, different at every call`() throws {
    let files = try (0..<2).map { _ in try Keyring.newFile(createdAt: "2026-11-21") }
    let keyrings = try files.map { try Keyring(file: $0) }
    #expect(keyrings.allSatisfy { $0.entries.map(\.state) == [.signing, .pepper] })
    #expect(Set(keyrings.flatMap { $0.entries.map(\.kid) }).count == 4)
    #expect(keyrings[0].entries.allSatisfy { $0.createdAt == "2026-11-21" })
  }

  // MARK: Sealing

  @Test func `a retired key opens what it sealed`() throws {
    let (sealed, kid) = try Sample.keyring().seal([1, 2, 3], for: Sample.id())
    let retired = Sample.signing.replacing("signing", with: "retired")
    let keyring = try Sample.keyring(Sample.stranger, retired, Sample.pepper)
    #expect(try keyring.open(sealed, kid: kid, for: Sample.id()) == [1, 2, 3])
  }

  /// Computed by another implementation of HKDF and AES-GCM for the fixed signing key and id, with
  /// the nonce 00 … 0b and the text `ada`.
  @Test func `a row is sealed under a key of its own, with its id as associated data`() throws {
    let kid = try #require(KeyID(bytes: [0x7A, 0xB5, 0x54, 0xB3]))
    let keyring = try Sample.keyring()
    let sealed = try #require(
      Hex.decode("000102030405060708090a0b6e3539e08e5edcc62f5a437b3791710d65cb8f"))
    #expect(try keyring.open(sealed, kid: kid, for: Sample.id()) == Array("ada".utf8))
    let others = [
      // Under the key that the rows' keys are made from.
      "000102030405060708090a0b855b2b9e4432ae68aad523e9b46016e539f5b1",
      // Under the key of the id that ends in ac, bound to this id.
      "000102030405060708090a0b00b2adde57088a8c4afc49c0744521a3da9833",
      // Under this row's key, bound to the id that ends in ac.
      "000102030405060708090a0b6e353991eb5a1b35bc04726af9f3066217519f",
    ]
    for other in try others.map({ try #require(Hex.decode($0)) }) {
      for id in [try Sample.id(), try Sample.id("019aa6b2-7c00-7123-8456-0123456789ac")] {
        #expect(throws: ResetError.cryptography) { try keyring.open(other, kid: kid, for: id) }
      }
    }
  }

  @Test func `what was sealed for a row opens for no other`() throws {
    let keyring = try Sample.keyring()
    let (sealed, kid) = try keyring.seal([1, 2, 3], for: Sample.id())
    let neighbour = try Sample.id("019aa6b2-7c00-7123-8456-0123456789ac")
    #expect(throws: ResetError.cryptography) {
      try keyring.open(sealed, kid: kid, for: neighbour)
    }
  }

  @Test func `a row that is sealed again has another nonce`() throws {
    let keyring = try Sample.keyring()
    let nonces = try (0..<3).map { _ in
      try keyring.seal([1, 2, 3], for: Sample.id()).sealed.prefix(12)
    }
    #expect(Set(nonces).count == 3)
  }

  @Test func `a row whose key is gone is not opened`() throws {
    let (sealed, kid) = try Sample.keyring().seal([1, 2, 3], for: Sample.id())
    let keyring = try Sample.keyring(Sample.stranger, Sample.pepper)
    #expect(throws: ResetError.cryptography) {
      try keyring.open(sealed, kid: kid, for: Sample.id())
    }
  }
}
