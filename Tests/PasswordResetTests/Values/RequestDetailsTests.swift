import Formats
import Support
import Testing

@testable import PasswordReset

@Suite struct RequestDetailsTests {
  private func roundTrip(_ details: RequestDetails) throws -> RequestDetails {
    let vault = try Sample.vault()
    let sealed = try vault.seal(details, for: Sample.id())
    return try vault.open(sealed.bytes, kid: sealed.kid, for: Sample.id())
  }

  // MARK: What comes back

  @Test func `what is sealed is what is opened`() throws {
    let data = try JSON(parsing: Array(#"{"name":"Ada","n":1e400,"deep":[[{"é":"\u0001"}]]}"#.utf8))
    for claim in [AccountClaim.unasked, .none, .known(try Sample.account())] {
      for data in [data, nil] {
        let details = try Sample.details(claim, data: data)
        #expect(try roundTrip(details) == details)
      }
    }
    let bare = RequestDetails(
      email: try Sample.address("jürgen+x@example.org"),
      claim: .known(try Sample.account(id: #"a"\é"#, locale: nil, version: nil)), locale: nil,
      data: nil)
    #expect(try roundTrip(bare) == bare)
  }

  @Test func `the longest request of all comes back`() throws {
    let account = try Sample.account(
      id: String(repeating: "\"", count: 256), version: String(repeating: "\\", count: 256))
    let data = JSON.object(["d": .string(String(repeating: "\u{1}", count: 4096))])
    let details = try Sample.details(.known(account), data: data)
    #expect(try roundTrip(details) == details)
  }

  @Test
  func `mail goes to the account's stored address, or to the typed one where nobody was asked`()
    throws
  {
    #expect(try Sample.details(.known(Sample.account())).mailedTo.text == "stored@example.net")
    #expect(try Sample.details(.unasked).mailedTo.text == "ada@example.org")
    #expect(try Sample.details(.none).account == nil)
    let named = try Sample.details(.unasked).naming(Sample.account())
    #expect(try named.account == Sample.account() && named.email.text == "ada@example.org")
    #expect(named.locale?.text == "de")
  }

  // MARK: What a dump tells

  @Test func `rows grow in steps of 256 bytes, so that their length tells no address`() throws {
    for count in [1, 10, 40, 64] {
      let email = String(repeating: "a", count: count) + "@example.org"
      #expect(try Sample.details(email: email).bytes.count == 256)
    }
    for count in 0..<600 {
      let details = try Sample.details(
        data: .object(["d": .string(String(repeating: "x", count: count))]))
      #expect(details.bytes.count.isMultiple(of: 256))
    }
  }

  @Test func `a full step is not padded by another`() throws {
    let plain = try Sample.details(data: .object(["d": .string("")])).bytes
    let used = plain.count - plain.reversed().prefix { $0 == 0x20 }.count
    let text = String(repeating: "x", count: 256 - used)
    #expect(try Sample.details(data: .object(["d": .string(text)])).bytes.count == 256)
    #expect(try Sample.details(data: .object(["d": .string(text + "x")])).bytes.count == 512)
  }

  @Test func `a sealed row shows nothing and is never the same twice`() throws {
    let vault = try Sample.vault()
    let sealed = try (0..<2).map { _ in try vault.seal(Sample.details(), for: Sample.id()) }
    #expect(sealed[0].bytes != sealed[1].bytes)
    #expect(sealed[0].kid.description == "7ab554b3")
    #expect(!String(decoding: sealed[0].bytes, as: UTF8.self).contains("ada"))
    #expect(sealed[0].bytes.count == 256 + 12 + 16)
  }

  // MARK: What is refused

  @Test func `a row with any bit changed is not opened`() throws {
    let vault = try Sample.vault()
    let sealed = try vault.seal(Sample.details(), for: Sample.id())
    for place in sealed.bytes.indices {
      var bytes = sealed.bytes
      bytes[place] ^= 1 << (place % 8)
      #expect(throws: ResetError.cryptography) {
        try vault.open(bytes, kid: sealed.kid, for: Sample.id())
      }
    }
  }

  @Test(arguments: [0, 1, 27, 28, 283])
  func `a row cut short is not opened`(_ count: Int) throws {
    let vault = try Sample.vault()
    let sealed = try vault.seal(Sample.details(), for: Sample.id())
    #expect(throws: ResetError.cryptography) {
      try vault.open(Array(sealed.bytes.prefix(count)), kid: sealed.kid, for: Sample.id())
    }
  }

  @Test func `one request's row is not opened as another's`() throws {
    let vault = try Sample.vault()
    let sealed = try vault.seal(Sample.details(), for: Sample.id())
    let other = try Sample.id("019aa6b2-7c00-7123-8456-0123456789ac")
    #expect(throws: ResetError.cryptography) {
      try vault.open(sealed.bytes, kid: sealed.kid, for: other)
    }
  }

  @Test func `a row under another key is not opened`() throws {
    let sealed = try Sample.vault().seal(Sample.details(), for: Sample.id())
    let vault = try Sample.vault(
      Sample.stranger, Sample.signing.replacing("signing", with: "verifying"), Sample.pepper)
    let stranger = try #require(KeyID(bytes: [0x93, 0xf0, 0x26, 0x35]))
    #expect(throws: ResetError.cryptography) {
      try vault.open(sealed.bytes, kid: stranger, for: Sample.id())
    }
    #expect(try vault.open(sealed.bytes, kid: sealed.kid, for: Sample.id()) == Sample.details())
  }

  @Test(arguments: [
    "", "null", "[]", "{}", #"{"email":1}"#, #"{"email":"nobody"}"#,
    #"{"email":"a@example.org","account":1}"#,
    #"{"email":"a@example.org","account":{}}"#, #"{"email":"a@example.org","account":{"id":"1"}}"#,
    #"{"email":"a@example.org","account":{"id":"","email":"a@example.org"}}"#,
    #"{"email":"a@example.org"}x"#,
  ])
  func `a sealed text that this version did not write is corrupt`(_ text: String) throws {
    let (sealed, kid) = try Sample.keyring().seal(Array(text.utf8), for: Sample.id())
    #expect(throws: ResetError.corrupt) {
      try Sample.vault().open(sealed, kid: kid, for: Sample.id())
    }
  }

  @Test func `an address that was once accepted can be read under any later policy`() throws {
    let (sealed, kid) = try Sample.keyring().seal(
      Array(#"{"email":"jürgen@example.org"}"#.utf8), for: Sample.id())
    #expect(
      try Sample.vault().open(sealed, kid: kid, for: Sample.id()).email.text == "jürgen@example.org"
    )
  }
}
