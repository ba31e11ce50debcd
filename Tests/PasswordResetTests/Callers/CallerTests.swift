import PasswordReset
import Support
import Testing

@Suite struct CallerTests {
  // MARK: Settings

  @Test func `a caller with settings of its own has those, any other the common ones`() throws {
    let (common, own) = (try Sample.settings(), try Sample.settings(directory: .http))
    let book = CallerBook(common: common, own: ["shop": own])
    #expect(book["shop"] == Caller(name: "shop", settings: own))
    #expect(book["blog"] == Caller(name: "blog", settings: common))
  }

  @Test func `a value is exchanged as a whole`() async throws {
    let current = Reloadable([1, 1])
    #expect(current.value == [1, 1])
    await withTaskGroup(of: Void.self) { group in
      for number in 2..<50 {
        group.addTask { current.replace(with: [number, number]) }
        group.addTask { #expect(Set(current.value).count == 1) }
      }
    }
    current.replace(with: [7])
    #expect(current.value == [7])
  }

  // MARK: Where a good link leads

  @Test func `the token stands in the place that is marked`() {
    let url = ContinueURL("https://app.example.com/new?t={token}&x=1#y")
    #expect(url?.filled(with: "AB-_") == "https://app.example.com/new?t=AB-_&x=1#y")
    #expect(ContinueURL("{token}")?.filled(with: "A") == "A")
    #expect(ContinueURL("a{{token}}b")?.filled(with: "X") == "a{X}b")
  }

  @Test func `what is filled in is not read again`() {
    #expect(ContinueURL("/{token}")?.filled(with: "{token}") == "/{token}")
  }

  @Test(arguments: [
    "", "https://app.example.com/", "https://a/{token}/{token}", "https://a/{Token}",
    "https://a/{ token}",
    "https://a/{token} ", "https://a/\n{token}", "https://a/{token}\r\nSet-Cookie:x",
    "https://ä/{token}",
    "https://a/{token}\u{7F}", "https://a/{token}\0", "https://a/%7Btoken%7D", "{token", "token}",
  ])
  func `a place must be marked once, in visible ASCII`(_ template: String) {
    #expect(ContinueURL(template) == nil)
  }

  // MARK: Senders

  @Test(arguments: [
    ("ada@example.org", nil, "ada@example.org"), ("<ada@example.org>", nil, "ada@example.org"),
    ("Ada <ada@example.org>", "Ada", "ada@example.org"),
    ("Ada<ada@example.org>", "Ada", "ada@example.org"),
    ("  Ada B.  <ada@Example.ORG>", "Ada B.", "ada@example.org"),
    ("Größe <ada@example.org>", "Größe", "ada@example.org"),
  ])
  func `a sender is an address with or without a name`(
    _ text: String, _ name: String?, _ address: String
  ) {
    let mailbox = Mailbox(text, policy: Sample.policy)
    #expect(mailbox?.name == name && mailbox?.address.text == address)
  }

  @Test(arguments: [
    "", "Ada", "<>", "Ada <>", "Ada <ada>", "Ada ada@example.org", "Ada <ada@example.org> ",
    "Ada <ada@example.org", "Ada ada@example.org>", "<<ada@example.org>>", "Ada\n<ada@example.org>",
    "Ada\r\nBcc: x <ada@example.org>", "Ada\0 <ada@example.org>", "Ada\u{7F} <ada@example.org>",
    "Ada <ada@example.org>, Bob <bob@example.org>", "Ada <ada@example.org,bob@example.org>",
  ])
  func `nothing else is a sender`(_ text: String) {
    #expect(Mailbox(text, policy: Sample.policy) == nil)
  }

  @Test func `a name has at most 128 octets`() {
    let name = String(repeating: "n", count: 128)
    #expect(Mailbox("\(name) <ada@example.org>", policy: Sample.policy)?.name == name)
    #expect(Mailbox("\(name)n <ada@example.org>", policy: Sample.policy) == nil)
  }
}
