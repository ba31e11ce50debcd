import Testing

@testable import rekey

@Suite struct WebURLTests {
  @Test(arguments: [
    ("https://example.test", "example.test", nil, ""),
    ("https://example.test:8443/a/b?c=d#e", "example.test", 8443, "/a/b?c=d#e"),
    ("https://xn--mnchen-3ya.test/", "xn--mnchen-3ya.test", nil, "/"),
    ("https://[2001:db8::1]:443/", "2001:db8::1", 443, "/"),
    ("https://192.0.2.1", "192.0.2.1", nil, ""),
    ("https://example.test?a", "example.test", nil, "?a"),
    ("https://a/..b/c..", "a", nil, "/..b/c.."),
  ])
  func `an https URL is taken apart`(text: String, host: String, port: Int?, rest: String) throws {
    let url = try #require(WebURL(text))
    #expect(url.isSecure && url.host == host && url.port == port && url.rest == rest)
    #expect(url.text == text)
  }

  @Test(arguments: [
    "http://localhost", "http://app.localhost:3000/x", "http://127.0.0.1:8080",
    "http://127.255.255.255", "http://[::1]:1/",
  ])
  func `http is for this machine`(text: String) throws {
    #expect(try #require(WebURL(text)).isSecure == false)
  }

  @Test(arguments: [
    "http://example.test", "http://128.0.0.1", "http://126.255.255.255", "http://127.0.0.256",
    "http://127.0.0.1.evil.test", "http://localhost.evil.test", "http://xlocalhost", "http://[::2]",
    "http://[::ffff:127.0.0.1]", "http://0.0.0.0", "http://127.1",
  ])
  func `and for no other`(text: String) { #expect(WebURL(text) == nil) }

  @Test(arguments: [
    "", "example.test", "//example.test", "https:/example.test", "https://", "https:///x",
    "https://:443", "https://user@example.test", "https://user:pass@example.test",
    "https://example.test@evil.test", "https://example.test\\@evil.test", "https://exämple.test",
    "https://example.test/ä", "https://example.test/a b", " https://example.test",
    "https://example.test\n", "https://example.test/\0", "https://example.test:", "https://a:65536",
    "https://a:-1", "https://a:1:2", "https://[::1", "https://[::1]x", "https://[127.0.0.1]",
    "https://[v6]", "https://a/../b", "https://a/b/..", "https://a/./b", "https://a%2eb",
    "javascript:alert(1)", "data:text/html,x", "ftp://a", "https://a/\u{301}", "https://{token}/",
    "https://a..b", "https://.a", "https://a.", "https://.", "https://-a", "https://a-.b",
    "https://a.-b", "https://a:0", "https://a:00000",
  ])
  func `what another reader may take otherwise is none`(text: String) {
    #expect(WebURL(text) == nil)
  }

  /// The URL standard takes these for `..` and `.` as well.
  @Test(arguments: [
    "https://a/%2e%2e/b", "https://a/b/%2E%2E", "https://a/.%2e/b", "https://a/%2E./b",
    "https://a/%2e/b",
  ])
  func `an escaped step upwards is one`(text: String) { #expect(WebURL(text) == nil) }

  @Test(arguments: [
    ("https://a", "https://a"), ("https://a/", "https://a"), ("https://a/b/", "https://a/b"),
    ("https://a?b", nil), ("https://a/#", nil), ("https://a//", nil), ("https://a/b//c", nil),
  ])
  func `a base has a path at most, and no slash at its end`(text: String, base: String?) throws {
    #expect(try #require(WebURL(text)).asBase == base)
  }

  @Test(arguments: [(253, true), (254, false)])
  func `a host name has at most 253 octets`(length: Int, isHost: Bool) {
    let name = String(String(repeating: "a23456789.", count: 26).prefix(length - 1)) + "z"
    #expect(name.utf8.count == length && (HostPort(name + ":1") != nil) == isHost)
  }

  @Test(arguments: [(1, true), (63, true), (64, false)])
  func `a label has at most 63 octets`(length: Int, isHost: Bool) {
    let label = String(repeating: "a", count: length)
    for name in [label, "a.\(label)", "\(label).a-b.c"] {
      #expect((WebURL("https://\(name)") != nil) == isHost)
    }
  }

  @Test func `a port to listen on may be any free one`() {
    #expect(HostPort("127.0.0.1:0")?.port == 0)
  }
}
