import PasswordReset
import Testing

struct WebhookURLTests {
  @Test(arguments: [
    "https://app.example/directory", "HTTPS://app.example", "https://app.example:8443/x?y=1",
    "https://[2001:db8::1]/x", "http://localhost:8080/x", "http://LOCALHOST", "http://127.0.0.1/x",
    "http://127.255.255.255?x", "http://[::1]:80/x",
  ])
  func `signed calls go by https, or by http to this machine`(text: String) throws {
    #expect(try WebhookURL(text).text == text)
  }

  @Test(arguments: [
    "", "app.example", "http://app.example/x", "http://127.0.0.1.evil.example/", "http://127.1/",
    "http://127.0.0.256/", "http://127.0.0.+1/", "http://localhost.evil.example",
    "http://localhost@evil.example/", "http://::1/", "http://[127.0.0.1]/", "http://[localhost]/",
    "https://u:p@app.example/", "https://", "https:///x", "https://:80/", "https://app.example/#x",
    "https://app.example/a b", "https://äpp.example/", "ftp://app.example", "file:///etc/passwd",
  ])
  func `no other URL is taken, and nothing of it is repeated`(text: String) {
    do throws(WebhookURL.Problem) {
      _ = try WebhookURL(text)
      Issue.record("taken")
    } catch {
      #expect(!error.description.contains("example"))
    }
  }

  @Test func `a URL has at most 2048 characters`() throws {
    let path = String(repeating: "x", count: 2048 - "https://a.example/".utf8.count)
    #expect(try WebhookURL("https://a.example/\(path)").text.utf8.count == 2048)
    #expect(throws: WebhookURL.Problem.self) { try WebhookURL("https://a.example/\(path)x") }
  }

  @Test(arguments: [
    ("localhost", true), ("LocalHost", true), ("::1", true), ("127.0.0.0", true),
    ("127.255.255.255", true), ("126.255.255.255", false), ("128.0.0.0", false),
    ("127.0.0.256", false), ("127.0.0", false), ("127.0.0.0.0", false), ("127.0.0.", false),
    ("localhost.", false), ("::2", false), ("[::1]", false), ("", false), ("127.0.0.-1", false),
  ])
  func `loopback is localhost, 127.0.0.0/8 and ::1`(host: String, isLoopback: Bool) {
    #expect(LoopbackHost.contains(host) == isLoopback)
  }
}
