import Testing

@testable import rekey

@Suite struct DomainTests {
  @Test(arguments: [
    ("example.test", "example.test"), ("münchen.test", "xn--mnchen-3ya.test"),
    ("MÜNCHEN.test", "xn--mnchen-3ya.test"), ("mu\u{308}nchen.test", "xn--mnchen-3ya.test"),
    ("straße.test", "xn--strae-oqa.test"), ("例え.test", "xn--r8jz45g.test"),
  ])
  func `a domain is encoded by UTS 46, non-transitional`(domain: String, encoded: String) {
    #expect(InternationalDomains().aLabels(domain) == encoded)
  }

  @Test(arguments: [
    "a/b", "a:1", "a?b", "a#b", "u@a", "a%2eb", "[::1]", "a\\b", "a b", "a\nb", "a\r\nb", "a\0b",
  ])
  func `what a URL would take for more than a host is none`(domain: String) {
    #expect(InternationalDomains().aLabels(domain) == nil)
  }
}
