import Formats
import Testing

@Suite struct WebURLTests {
  @Test(arguments: [
    ("https://example.test", "example.test", nil, "", nil, nil),
    ("https://example.test:8443/a/b?c=d?#e?", "example.test", 8443, "/a/b", "c=d?", "e?"),
    ("https://xn--mnchen-3ya.test/", "xn--mnchen-3ya.test", nil, "/", nil, nil),
    ("https://[2001:db8::1]:443/", "2001:db8::1", 443, "/", nil, nil),
    ("https://192.0.2.1", "192.0.2.1", nil, "", nil, nil),
    ("https://example.test?a", "example.test", nil, "", "a", nil),
    ("https://a/..b/c..", "a", nil, "/..b/c..", nil, nil),
    ("HTTPS://A.example/#", "A.example", nil, "/", nil, ""),
  ])
  func `an https URL is taken apart`(
    text: String, host: String, port: UInt16?, path: String, query: String?, fragment: String?
  ) throws {
    let url = try WebURL(text)
    #expect(url.isSecure && url.host.text == host && url.port == port && url.path == path)
    #expect(url.query == query && url.fragment == fragment && url.text == text)
  }

  @Test(arguments: [
    "http://localhost", "http://app.localhost:3000/x", "http://127.0.0.1:8080",
    "http://127.255.255.255?x", "http://[::1]:1/", "http://LOCALHOST",
  ])
  func `http is for this machine`(text: String) throws {
    #expect(try WebURL(text).isSecure == false)
  }

  @Test(arguments: [
    "http://example.test", "http://128.0.0.1", "http://126.255.255.255", "http://127.0.0.256",
    "http://127.0.0.1.evil.test", "http://localhost.evil.test", "http://localhost@evil.test",
    "http://::1/", "http://xlocalhost", "http://[::2]",
    "http://[127.0.0.1]/", "http://[localhost]/", "http://127.0.0.+1", "http://[::ffff:127.0.0.1]",
    "http://0.0.0.0", "http://127.1",
  ])
  func `and for no other, and nothing of the URL is repeated`(text: String) { refuse(text) }

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
  func `what another reader may take otherwise is none`(text: String) { refuse(text) }

  /// The URL standard takes these for `..` and `.` as well.
  @Test(arguments: [
    "https://a/%2e%2e/b", "https://a/b/%2E%2E", "https://a/.%2e/b", "https://a/%2E./b",
    "https://a/%2e/b",
  ])
  func `an escaped step upwards is one`(text: String) { refuse(text) }

  @Test func `a URL has at most 2048 characters`() throws {
    let path = String(repeating: "x", count: 2048 - "https://a.example/".utf8.count)
    #expect(try WebURL("https://a.example/\(path)").text.utf8.count == 2048)
    refuse("https://a.example/\(path)x")
  }

  private func refuse(_ text: String) {
    do {
      _ = try WebURL(text)
      Issue.record("taken")
    } catch {
      #expect(!error.description.contains("test") && !error.description.contains("127."))
    }
  }
}

@Suite struct BaseURLTests {
  @Test(arguments: [
    ("https://a", "https://a"), ("https://a/", "https://a"), ("https://a/b/", "https://a/b"),
    ("HTTPS://A.Example:8443/B", "https://a.example:8443/B"),
    ("http://[::1]:80/", "http://[::1]:80"),
  ])
  func `links begin with scheme and host in lower case, without a slash at the end`(
    text: String, base: String
  ) throws {
    let read = try BaseURL(text)
    #expect(read.text == base)
  }
}
