import Formats
import Support
import Testing

@testable import PasswordReset

@Suite struct TokenTests {
  /// HMAC-SHA-256 and HKDF of the fixed key, computed by another implementation.
  static let golden = "AQF6tVSzAZqmsnwAcSOEVgEjRWeJq0beFflqzf6Z25-yO8WEB7mr2hlj5WeKy9xQ00STaPnz"
  static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private func isAccepted(_ text: String, by keyring: Keyring? = nil) throws -> Bool {
    try (keyring ?? Sample.keyring()).authenticate(text, for: .reset) != nil
  }

  // MARK: Form

  @Test func `a token is the text that its key and its request derive, and no other`() throws {
    #expect(try Sample.keyring().mint(.reset, for: Sample.id()) == Self.golden)
    let token = try Sample.keyring().authenticate(Self.golden, for: .reset)
    #expect(token == Token(purpose: .reset, requestID: try Sample.id()))
  }

  @Test func `a token has 72 characters and 54 bytes: version, purpose, key, request, code`() throws
  {
    let id = try #require(RequestID(at: Sample.moment, random: Array(1...10)))
    let text = try Sample.keyring().mint(.reset, for: id)
    let bytes = try #require(Base64URL.decode(text))
    #expect(text.utf8.count == 72 && bytes.count == 54)
    #expect(Array(bytes[..<6]) == [1, 1, 0x7a, 0xb5, 0x54, 0xb3])
    #expect(Array(bytes[6..<22]) == id.bytes)
    #expect(text.utf8.allSatisfy(Self.alphabet.contains))
  }

  @Test func `the same request has the same token at every mint`() throws {
    let tokens = try (0..<3).map { _ in try Sample.keyring().mint(.reset, for: Sample.id()) }
    #expect(Set(tokens).count == 1)
  }

  // MARK: One text

  @Test func `every other character in every place is refused`() throws {
    let keyring = try Sample.keyring()
    let characters = Array(Self.golden.utf8)
    var accepted = 0
    for place in characters.indices {
      for other in Self.alphabet {
        var altered = characters
        altered[place] = other
        if try isAccepted(String(decoding: altered, as: UTF8.self), by: keyring) { accepted += 1 }
      }
    }
    // Once a place: where the other character is the one that stands there.
    #expect(accepted == 72)
  }

  static let altered: [String] = [
    "", "A", "\(golden)A", "\(golden)=", "\(golden)====", "\(golden)\n", " \(golden)", "\(golden) ",
    "\(golden)\0", "\(golden).", "\(golden.dropLast())", "\(golden.dropFirst())",
    "\(golden.dropLast(4))", "\(golden)AAAA", "\(golden)\(golden)", golden.lowercased(),
    golden.uppercased(), "\(golden.dropLast())=", "\(golden.dropLast())%", "\(golden.dropLast())é",
    "\(golden.dropLast(2))é", golden.replacing("-", with: "+"), golden.replacing("-", with: "%2D"),
    String(repeating: "A", count: 72), String(repeating: "_", count: 72),
    String(repeating: "A", count: 1_000_000),
  ]

  @Test(arguments: altered)
  func `no other text stands for a token`(_ text: String) throws {
    #expect(try !isAccepted(text))
  }

  @Test(arguments: [0, 1, 16, 31, 33])
  func `a code of another length is refused`(_ count: Int) throws {
    let bytes = try #require(Base64URL.decode(Self.golden))
    let code = (bytes[22...] + [0]).prefix(count)
    #expect(try !isAccepted(Base64URL.encode(Array(bytes[..<22] + code))))
  }

  // MARK: What the code covers

  /// Each with a code that is right for it, under the right key.
  @Test(arguments: [
    ("another version", "AgF6tVSzAZqmsnwAcSOEVgEjRWeJq5C474fRjWNk5fS1rQzrBOZ0e-LyyCC6npFrK5dXCmno"),
    ("another purpose", "AQJ6tVSzAZqmsnwAcSOEVgEjRWeJq3psaQphPqcLCQ_VPiEjFs-pVtMMlQA2myOFFeYFe-R6"),
    (
      "the key itself in place of its subkey",
      "AQF6tVSzAZqmsnwAcSOEVgEjRWeJq1bz_cSTcARSbU1o9ykALmFAxbbpOra3mfb7lLLJJrDb"
    ),
  ])
  func `a well-made token of another kind is refused`(_ kind: String, _ text: String) throws {
    #expect(text.utf8.count == 72)
    #expect(try !isAccepted(text), "\(kind)")
  }

  @Test func `the code of one request is no code for another`() throws {
    let keyring = try Sample.keyring()
    let other = try Sample.id("019aa6b2-7c00-7123-8456-0123456789ac")
    let mine = try #require(Base64URL.decode(Self.golden))
    let its = try #require(Base64URL.decode(keyring.mint(.reset, for: other)))
    #expect(try !isAccepted(Base64URL.encode(Array(mine[..<22] + its[22...])), by: keyring))
    #expect(try !isAccepted(Base64URL.encode(Array(its[..<22] + mine[22...])), by: keyring))
  }

  // MARK: Keys

  @Test func `a key that has stopped signing still verifies, a retired one does not`() throws {
    let verifying = Sample.signing.replacing("signing", with: "verifying")
    let retired = Sample.signing.replacing("signing", with: "retired")
    #expect(
      try isAccepted(Self.golden, by: Sample.keyring(Sample.stranger, verifying, Sample.pepper)))
    #expect(
      try !isAccepted(Self.golden, by: Sample.keyring(Sample.stranger, retired, Sample.pepper)))
  }

  @Test func `another deployment's token is refused`() throws {
    #expect(try !isAccepted(Self.golden, by: Sample.keyring(Sample.stranger, Sample.pepper)))
  }

  @Test func `a pepper verifies nothing`() throws {
    let pepper = Sample.signing.replacing("signing", with: "pepper")
    #expect(try !isAccepted(Self.golden, by: Sample.keyring(Sample.stranger, pepper)))
  }

  @Test func `a token that names another key of the ring is refused`() throws {
    let keyring = try Sample.keyring(Sample.signing, Sample.verifying, Sample.pepper)
    var bytes = try #require(Base64URL.decode(Self.golden))
    bytes.replaceSubrange(2..<6, with: [0x0c, 0x05, 0x84, 0x3e])
    #expect(try isAccepted(Self.golden, by: keyring))
    #expect(try !isAccepted(Base64URL.encode(bytes), by: keyring))
  }

  @Test func `a new signing key signs from then on`() throws {
    let verifying = Sample.signing.replacing("signing", with: "verifying")
    let keyring = try Sample.keyring(Sample.stranger, verifying, Sample.pepper)
    let text = try keyring.mint(.reset, for: Sample.id())
    #expect(text != Self.golden)
    #expect(try isAccepted(text, by: keyring))
    #expect(try !isAccepted(text))
  }
}
