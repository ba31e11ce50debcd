import PasswordReset
import Testing

extension EmailAddressTests {
  // MARK: Domain

  @Test(arguments: [
    "localhost", "x", "x.", "", ".", ".com", "x..com", ".x.com", "-x.com", "x-.com", "x.-com",
    "x.com-", "x_y.com", "x y.com", "x.123", "127.0.0.1", "x.com/", "x.com:25", "x!y.com", "*.com",
    "x.com?", "%2e.com",
  ])
  func `what is no host name with two labels is refused`(_ domain: String) {
    #expect(problem("a@\(domain)") == .domain)
  }

  @Test(arguments: ["x.co", "1.com", "x-y.com", "a--b.com", "123.x", "x.1a", "r3---sn.x.com"])
  func `odd but valid host names are taken`(_ domain: String) throws {
    #expect(try address("a@\(domain)").domain == domain)
  }

  @Test func `the Unicode and the A-label form of a domain are one`() throws {
    let encoded = try address("a@xn--bcher-kva.example")
    for typed in [
      "a@bücher.example", "a@bu\u{308}cher.example", "a@XN--BCHER-KVA.Example",
      "a@BÜCHER.EXAMPLE", "a@bücher.example.",
    ] {
      #expect(try address(typed) == encoded)
      #expect(try address(typed).identity == encoded.identity)
      #expect(try address(typed).isASCII)
    }
  }

  @Test func `an accented domain is another one`() throws {
    #expect(try address("a@cüre53.de") != address("a@cure53.de"))
    #expect(try address("a@fa\u{DF}.example") != address("a@fass.example"))
  }

  @Test(arguments: [
    "\u{212A}ernel.example", "\u{17F}hop.example", "\u{FF45}xample.com", "example\u{3002}com",
    "a\u{3002}example.com", "exam\u{AD}ple.com", "exam\u{200B}ple.com", "bücher.\u{FF45}xample",
    "ü.example", "ö.example",
  ])
  func `a domain that turns into plain ASCII or into another is refused`(_ domain: String) {
    #expect(problem("a@\(domain)") == .lookAlikeDomain)
  }

  @Test func `an unknown or broken encoding is refused`() {
    #expect(problem("a@unknown-ü.example") == .domain)
    #expect(problem("a@xn--zz.example") == .domain)
    #expect(problem("a@ä.example") == .domain)
    #expect(problem("a@evil.test\u{FF20}bücher.example") != nil)
  }

  // MARK: Local part beyond ASCII

  @Test(arguments: ["mıke", "mi\u{212A}e", "ſam", "İan", "straße", "jos\u{E9}", "е", "a\u{200B}"])
  func `a non-ASCII local part needs SMTPUTF8`(_ local: String) {
    #expect(problem("\(local)@x.test") == .nonASCIILocalPart)
  }

  @Test func `with SMTPUTF8 letters are kept and never folded`() throws {
    let names = [("mıke", "mike"), ("ſam", "sam"), ("İan", "ian"), ("straße", "strasse")]
    for (local, plain) in names {
      let parsed = try address("\(local)@x.test", international: true)
      #expect(parsed.text == "\(local)@x.test")
      #expect(!parsed.isASCII)
      #expect(try parsed != address("\(plain)@x.test"))
      #expect(try parsed.limiterForm != address("\(plain)@x.test").limiterForm)
    }
  }

  @Test(arguments: [
    ("jos\u{E9}", "jose\u{301}"), ("\u{1EC7}", "\u{EA}\u{323}"), ("\u{1EC7}", "e\u{323}\u{302}"),
    ("\u{AC01}", "\u{1100}\u{1161}\u{11A8}"), ("\u{AC01}", "\u{AC00}\u{11A8}"), ("K", "\u{212A}"),
    ("\u{9CB}", "\u{9C7}\u{9BE}"), ("\u{8C48}", "\u{F900}"), ("q\u{323}\u{307}", "q\u{307}\u{323}"),
    ("\u{386}", "\u{391}\u{301}"),
  ])
  func `only the composed spelling is taken`(_ composed: String, _ other: String) {
    #expect(composed == other && !composed.utf8.elementsEqual(other.utf8))
    #expect(problem("x\(composed)@x.test", international: true) == nil)
    #expect(problem("x\(other)@x.test", international: true) == .localPart)
  }

  @Test(arguments: ["用户", "अजय", "квіточка", "χρήστης", "राम.क्षेत्र", "দোকান১", "สมชาย", "אבג"])
  func `names in other scripts are taken`(_ local: String) throws {
    #expect(try address("\(local)@x.test", international: true).localPart == local)
  }

  @Test(arguments: [
    "a\u{200B}", "a\u{200D}", "a\u{202E}b", "\u{FEFF}a", "a\u{2060}", "😀", "a\u{3000}", "a\u{E000}",
    "a\u{AD}", "a\u{FF0E}\u{2025}", "№", "a\u{FFFD}", "\u{FF20}",
  ])
  func `invisible characters, symbols and spaces are no letters`(_ local: String) {
    #expect(problem("\(local)@x.test", international: true) == .localPart)
  }

  // MARK: Equality, folding, printing

  @Test func `identity keeps case, tag and dots of the local part`() throws {
    let plain = try address("jopublic@gmail.com")
    for typed in ["JoPublic@gmail.com", "jopublic+x@gmail.com", "jo.public@gmail.com"] {
      #expect(try address(typed) != plain)
      #expect(try address(typed).identity != plain.identity)
    }
    #expect(try Set([plain, address("jopublic@GMAIL.com")]).count == 1)
  }

  @Test(arguments: [
    ("Jo.Public+x@Example.com", "jo.public@example.com"), ("jo+a+b@example.com", "jo@example.com"),
    ("Jo.Pub.Lic+x.y@GMail.com", "jopublic@gmail.com"),
    ("jo.public@googlemail.com.", "jopublic@gmail.com"), ("+tag@example.com", "+tag@example.com"),
    ("+t.ag@gmail.com", "+tag@gmail.com"), ("jo.p@notgmail.com", "jo.p@notgmail.com"),
    ("jo.p@sub.gmail.com", "jo.p@sub.gmail.com"), ("jo+@example.com", "jo@example.com"),
    ("jo@BÜCHER.example", "jo@xn--bcher-kva.example"),
  ])
  func `the limiter's form folds case, tag and Gmail's dots`(
    _ typed: String, _ form: String
  ) throws {
    #expect(String(decoding: try address(typed).limiterForm, as: UTF8.self) == form)
  }

  @Test func `no way of printing shows the local part`() throws {
    struct Holder {
      let email: EmailAddress
    }
    let parsed = try address("jo.public@example.com")
    var dumped = ""
    dump(Holder(email: parsed), to: &dumped)
    for text in [
      "\(parsed)", String(reflecting: parsed), "\([parsed])", "\(Holder(email: parsed))", dumped,
    ] {
      #expect(text.contains("j***@example.com"))
      #expect(!text.contains("public"))
    }
    #expect(parsed.masked == "j***@example.com")
    #expect(try address("é@x.test", international: true).masked == "é***@x.test")
    #expect(try address("a@x.test").masked == "a***@x.test")
  }

  @Test func `every problem has its own code and sentence`() {
    let problems = EmailAddress.Problem.allCases
    #expect(Set(problems.map(\.rawValue)).count == problems.count)
    #expect(Set(problems.map(\.description)).count == problems.count)
    #expect(problems.allSatisfy { $0.description.hasSuffix(".") })
  }
}
