import Glibc
import PasswordReset
import Testing

/// Stands for a UTS #46 implementation: knows the few domains of these tests.
struct DomainTable: DomainEncoding {
  // Pairs, not a dictionary, which would take both forms of `bücher` for one key.
  static let entries: KeyValuePairs = [
    "bücher.example": "xn--bcher-kva.example",
    "bu\u{308}cher.example": "xn--bcher-kva.example",
    "BÜCHER.example": "xn--bcher-kva.example",
    "bÜcher.example": "xn--bcher-kva.example",
    "xn--bcher-kva.example": "xn--bcher-kva.example",
    "cüre53.de": "xn--cre53-kva.de",
    "fa\u{DF}.example": "xn--fa-hia.example",
    // What the mappings of UTS #46 turn into plain letters, dots and other signs.
    "\u{212A}ernel.example": "kernel.example",
    "\u{17F}hop.example": "shop.example",
    "\u{FF45}xample.com": "example.com",
    "example\u{3002}com": "example.com",
    "a\u{3002}example.com": "a.example.com",
    "exam\u{AD}ple.com": "example.com",
    "exam\u{200B}ple.com": "example.com",
    "bücher.\u{FF45}xample": "xn--bcher-kva.example",
    "evil.test\u{FF20}bücher.example": "evil.test@xn--bcher-kva.example",
    "ü.example": "xn--tda.other",
    "ö.example": "xn--nda.example.evil.test",
    "ä.example": "xn--4ca .example",
    "ë.example": "xn--\(String(repeating: "a", count: 60)).example",
  ]

  func aLabels(_ domain: String) -> String? {
    Self.entries.first { $0.key.utf8.elementsEqual(domain.utf8) }?.value
  }
}

@Suite struct EmailAddressTests {
  static let strict = EmailAddress.Policy(smtpUTF8: false, domains: DomainTable())
  static let international = EmailAddress.Policy(smtpUTF8: true, domains: DomainTable())

  func address(
    _ typed: String, international: Bool = false
  ) throws(EmailAddress.Problem) -> EmailAddress {
    try EmailAddress(typed, policy: international ? Self.international : Self.strict)
  }

  func problem(_ typed: String, international: Bool = false) -> EmailAddress.Problem? {
    do throws(EmailAddress.Problem) {
      _ = try address(typed, international: international)
      return nil
    } catch {
      return error
    }
  }

  func letters(_ count: Int) -> String { String(repeating: "a", count: count) }

  // MARK: Form

  @Test func `a plain address is taken as typed, its domain in lower case`() throws {
    let parsed = try address("Jo.Public+News@Mail.EXAMPLE.com")
    #expect(parsed.localPart == "Jo.Public+News")
    #expect(parsed.domain == "mail.example.com")
    #expect(parsed.text == "Jo.Public+News@mail.example.com")
    #expect(parsed.identity == Array("Jo.Public+News@mail.example.com".utf8))
    #expect(parsed.isASCII)
  }

  @Test func `every atext character is taken`() throws {
    let local = "azAZ09!#$%&'*+-/=?^_`{|}~"
    #expect(try address("\(local)@example.com").localPart == local)
  }

  @Test func `spaces around it and the root's dot are dropped`() throws {
    let plain = try address("a@example.com")
    for typed in [" a@example.com", "a@example.com  ", "   a@example.com. ", "a@EXAMPLE.com."] {
      #expect(try address(typed) == plain)
    }
    #expect(problem("a@example.com..") == .domain)
    #expect(problem("a@.") == .domain)
  }

  @Test func `nothing and spaces alone are refused`() {
    #expect(problem("") == .empty)
    #expect(problem("    ") == .empty)
  }

  @Test(arguments: ["a", "example.com", "a.example.com", "a\u{FF20}example.com", "a%40example.com"])
  func `a text without @ is refused`(_ typed: String) {
    #expect(problem(typed) == .missingAt)
  }

  @Test(arguments: [
    "victim@x.test,attacker@y.test", "victim@x.test;attacker@y.test", "a@b@example.com", "@@@@",
    "a@@example.com", "@relay.test:a@example.com", "victim@x.test attacker@y.test",
    "victim@x.test,", "a@example.com;",
  ])
  func `a list or a route is refused`(_ typed: String) {
    #expect(problem(typed) == .list)
  }

  @Test(arguments: [
    ("\"a@evil.test x\"@victim.test", EmailAddress.Problem.quotedLocalPart),
    ("\"a\"@victim.test", .quotedLocalPart), ("a(c)@x.test", .comment), ("a@x.test(c)", .comment),
    ("a@[127.0.0.1]", .addressLiteral), ("a@[IPv6:::1]", .addressLiteral),
    ("Jo <a@x.test>", .angleBrackets), ("<a@x.test>", .angleBrackets),
    ("v@x.test> NOTIFY=NEVER ORCPT=<a", .angleBrackets), ("<v@x.test> SIZE=1", .angleBrackets),
    ("v@x.test SIZE=1", .domain), ("a b@x.test", .localPart), ("a\\b@x.test", .localPart),
    ("a:b@x.test", .localPart), ("mailto:a@x.test", .localPart),
  ])
  func `the larger grammar of mail is refused`(_ typed: String, _ expected: EmailAddress.Problem) {
    #expect(problem(typed) == expected)
    #expect(problem(typed, international: true) == expected)
  }

  @Test func `every control character is refused anywhere, its neighbours are not`() throws {
    let controls = Array(0...0x1F) + Array(0x7F...0x9F) + [0x2028, 0x2029]
    for control in controls.compactMap({ Unicode.Scalar(UInt32($0)) }) {
      for typed in [
        "\(control)a@x.test", "a@x.test\(control)", "a\(control)b@x.test", "a@x\(control).test",
        "a@x.test\(control)RCPT TO:<b@y.test>", " \(control) a@x.test",
      ] {
        #expect(problem(typed) == .controlCharacter)
        #expect(problem(typed, international: true) == .controlCharacter)
      }
    }
    #expect(problem("a@x.test\r\nb@y.test") == .controlCharacter)
    #expect(problem("a~@x.test") == nil)
    #expect(problem("a\u{A0}@x.test") == .nonASCIILocalPart)
    #expect(problem("a\u{A0}@x.test", international: true) == .localPart)
  }

  @Test(arguments: [".a@x.test", "a.@x.test", "a..b@x.test", ".@x.test", "@x.test", " @x.test"])
  func `a dot may stand only between two other characters`(_ typed: String) {
    #expect(problem(typed) == .localPart)
  }

  // MARK: Lengths

  @Test func `a local part of 64 octets is taken, of 65 refused`() {
    #expect(problem("\(letters(64))@x.test") == nil)
    #expect(problem("\(letters(65))@x.test") == .tooLong)
    #expect(problem("\(letters(62))é@x.test", international: true) == nil)
    #expect(problem("\(letters(63))é@x.test", international: true) == .tooLong)
  }

  @Test func `a label of 63 octets is taken, of 64 refused`() {
    #expect(problem("a@\(letters(63)).test") == nil)
    #expect(problem("a@\(letters(64)).test") == .tooLong)
    #expect(problem("a@x.\(letters(63))") == nil)
    #expect(problem("a@x.\(letters(64))") == .tooLong)
    #expect(problem("a@ë.example") == .tooLong)
  }

  @Test func `a whole of 254 octets is taken, of 255 refused, also with the root's dot`() throws {
    let labels = [letters(63), letters(63), letters(61)].joined(separator: ".")
    #expect(try address("\(letters(64))@\(labels)").text.utf8.count == 254)
    #expect(problem("\(letters(64))@\(labels).") == nil)
    #expect(problem("\(letters(64))@\(labels)a") == .tooLong)
  }

  @Test func `a domain of 252 octets is taken, of 253 and 254 refused`() {
    let labels = [letters(63), letters(63), letters(63)].joined(separator: ".")
    #expect(problem("a@\(labels).\(letters(60))") == nil)
    #expect(problem("a@\(labels).\(letters(61))") == .tooLong)
    #expect(problem("a@\(labels).\(letters(62))") == .tooLong)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a flood is refused before it is looked at`() {
    let flood = String(repeating: "a.", count: 32_768) + "@"
    let signs = String(repeating: "@", count: 1 << 20)
    // The best of several, since other tests share the machine.
    let best = (0..<20).map { _ in
      let start = processorTime()
      #expect(problem(flood) == .tooLong)
      #expect(problem(signs) == .tooLong)
      return processorTime() - start
    }.min()
    #expect(best ?? .seconds(1) < .milliseconds(5))
  }
}

/// What this thread has computed so far; waiting for a processor is no part of it.
private func processorTime() -> Duration {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
