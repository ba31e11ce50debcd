import Testing

@testable import Accounts

struct SettingsTests {
  @Test(arguments: [
    "https://app.example/directory", "HTTPS://app.example", "https://app.example:8443/x?y=1",
    "http://localhost:8080/x", "http://127.0.0.1/x", "http://[::1]:80/x",
  ])
  func `a directory is reached by https, or by http on this machine`(text: String) throws {
    #expect(try DirectoryURL(text).text == text)
  }

  @Test(arguments: [
    "", "app.example", "http://app.example/x", "http://127.0.0.1.evil.example/", "http://127.1/",
    "http://127.0.0.256/", "http://localhost.evil.example", "http://localhost@evil.example/",
    "https://u:p@app.example/", "https://", "https:///x", "https://:80/", "https://app.example/#x",
    "https://app.example/a b", "https://äpp.example/", "ftp://app.example", "file:///etc/passwd",
  ])
  func `no other URL is taken`(text: String) {
    #expect(throws: AccountsError.self) { try DirectoryURL(text) }
  }

  @Test func `a URL has at most 2048 characters`() throws {
    let path = String(repeating: "x", count: 2048 - "https://a.example/".utf8.count)
    #expect(try DirectoryURL("https://a.example/\(path)").text.utf8.count == 2048)
    #expect(throws: AccountsError.self) { try DirectoryURL("https://a.example/\(path)x") }
  }

  @Test func `a secret is base64 after whsec_, or the bytes of the file`() throws {
    let raw = Array("0123456789abcdefghijklmn".utf8)
    #expect(try WebhookSecret.key(from: raw) == raw)
    #expect(try WebhookSecret.key(from: raw + [10]) == raw)
    #expect(try WebhookSecret.key(from: raw + [13, 10]) == raw)
    let encoded = Array("whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u\n".utf8)
    #expect(try WebhookSecret.key(from: encoded) == raw)
  }

  @Test(arguments: [
    "", "\n", "0123456789abcdefghijklm", "whsec_", "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG0=",
    "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u=", "whsec_MDEyMzQ1Njc4OWFiY2Rl ZmdoaWprbG1ub3Bx",
  ])
  func `a secret of less than 24 bytes or of broken base64 is refused and not repeated`(
    text: String
  ) {
    #expect {
      try WebhookSecret.key(from: Array(text.utf8))
    } throws: { error in
      text.utf8.count < 3 || !"\(error)".contains(text)
    }
  }

  @Test(arguments: ["", " ;\n", "SELECT 1", "SELECT '\u{0}' || $1"])
  func `a query that cannot work is refused at the start`(text: String) {
    #expect(throws: AccountsError.self) { try AccountQuery(text) }
  }
}
