import Foundation
import Support
import Testing

@testable import rekey

@Suite struct SourceTests {
  @Test func `command line, then environment, then file, then default`() throws {
    let file = "token: {lifetime: 40m, keep_live: 2}\nretention: 20d\n"
    let environment = ["REKEY_TOKEN_LIFETIME": "50m", "REKEY_TOKEN_KEEP_LIVE": "4"]
    let sources = try Configured.sources(
      options: [ConfigurationKey.tokenLifetime: "55m"], file: file, environment: environment)
    #expect(sources.value(ConfigurationKey.tokenLifetime)?.text == "55m")
    #expect(sources.value(ConfigurationKey.tokenLifetime)?.source == "the command line")
    #expect(sources.value(ConfigurationKey.tokenKeepLive)?.text == "4")
    #expect(sources.value(ConfigurationKey.tokenKeepLive)?.source == "the environment")
    #expect(sources.value(ConfigurationKey.retention)?.text == "20d")
    #expect(sources.value(ConfigurationKey.retention)?.source.hasSuffix("/rekey.yaml") == true)
    #expect(sources.value(ConfigurationKey.workerLease)?.text == "90s")
    #expect(sources.value(ConfigurationKey.workerLease)?.source == "default")
  }

  @Test func `an empty variable is none, and hides nothing`() throws {
    let file = "templates.directory: /t\nretention: 20d\n"
    #expect(try Configured.settings(file: file).templatesDirectory == "/t")
    let settings = try Configured.settings(
      file: file, environment: ["REKEY_TEMPLATES_DIRECTORY": "", "REKEY_RETENTION": ""])
    #expect(settings.templatesDirectory == "/t" && "\(settings.retention)" == "20d")
    let line = try Configured.problem(file: file, environment: ["REKEY_RETENTIONS": ""])
    #expect(line == "REKEY_RETENTIONS is not a configuration variable of rekey")
  }

  @Test func `a bad value is refused where it stands, also behind a good one`() throws {
    let file = "token.lifetime: 1m\n"
    #expect(try Configured.problem(file: file)?.contains("/rekey.yaml is not") == true)
    #expect(
      try Configured.problem(file: file, environment: ["REKEY_TOKEN_LIFETIME": "30m"]) == nil)
  }

  @Test(arguments: [
    "REKEY_TOKEN_LIFETIMES", "REKEY_TOKN_LIFETIME", "REKEY_", "REKEY_token_lifetime",
    "REKEY_TOKEN__LIFETIME", "REKEY_TESTS", "REKEY_CONFIG", "REKEY_CALLERS_SHOP_MAIL_FROM",
  ])
  func `an unknown variable is named`(name: String) throws {
    let line = try Configured.problem(file: "", environment: [name: "hunter2"])
    #expect(line == "\(name) is not a configuration variable of rekey")
  }

  @Test(arguments: ["PATH", "rekey_token_lifetime", "XREKEY_X", "REKEY", "REKEY_TEST_X"])
  func `a variable of others is none of ours`(name: String) throws {
    #expect(try Configured.problem(file: "", environment: [name: "x"]) == nil)
  }

  @Test(arguments: [
    "token:\n  lifetime: 40m\n", "token.lifetime: 40m\n", "token: {lifetime: \"40m\"}\n",
    "{\"token\": {\"lifetime\": \"40m\"}}", "# a comment\n\ntoken:\n  lifetime: 40m # another\n",
  ])
  func `a key of the file may be nested or dotted`(text: String) throws {
    #expect("\(try Configured.settings(file: text).lifetime)" == "40m")
  }

  @Test(arguments: [
    "mail.transports: smtp://a smtp://b\n", "mail:\n  transports:\n  - smtp://a\n  - smtp://b\n",
  ])
  func `a list stands for its words`(text: String) throws {
    let transports = try Configured.settings(file: text).transports
    #expect("\(transports)" == "[smtp://a:587?tls=required, smtp://b:587?tls=required]")
  }

  @Test(arguments: ["", "\n", "# nothing\n", "---\n"])
  func `an empty file is one`(text: String) throws {
    #expect(try Configured.problem(file: text) == nil)
  }

  @Test(arguments: [
    ("token:\n  lifetimes: 30m\n", "token.lifetimes"), ("tokens: 1\n", "tokens"),
    ("token: 30m\n", "token"), ("database:\n  url:\n    x: y\n", "database.url.x"),
    ("rekey: {token: {lifetime: 30m}}\n", "rekey.token.lifetime"),
    ("Retention: 30d\n", "Retention"),
    ("callers: {shop: {retention: 30d}}\n", "callers.shop.retention"),
    ("callers: {shop: {token: {lifetime: 30m}}}\n", "callers.shop.token.lifetime"),
    ("callers: {shop: x}\n", "callers.shop"), ("brand: Shop\n", "brand"),
    ("shops: {}\n", "shops"),
  ])
  func `an unknown key of the file is named`(text: String, key: String) throws {
    let line = try #require(try Configured.problem(file: text))
    #expect(line.hasSuffix("/rekey.yaml: \(key) is not a configuration key of rekey"), "\(line)")
  }

  @Test(arguments: [
    "a: [\n", "token:\n  lifetime: 30m\n  lifetime: 40m\n", "- x\n", "hello", "token: &a 30m\n",
    "retention: 30d\nretention: 31d\n", "token.lifetime: 30m\ntoken: {lifetime: 40m}\n",
    "? [a]\n: b\n", "mail.transports: [[smtp://a]]\n", "\"a\\nb\": c\n", "a: &a 1\nb: *a\n",
  ])
  func `a file that may be read in two ways is refused by one line`(text: String) throws {
    let line = try #require(try Configured.problem(file: text), "\(text)")
    #expect(line.utf8.allSatisfy { $0 >= 0x20 }, "\(line)")
  }

  @Test(arguments: [
    (UInt8(0xff), 1, "is not UTF-8 text"), (0x23, 1 << 20 + 1, "has more than 1024 KiB"),
  ])
  func `a file that is no small text is refused`(
    byte: UInt8, count: Int, sentence: String
  ) throws {
    let bytes = [UInt8](repeating: byte, count: count)
    let folder = try Folder()
    let path = "\(folder.path)/rekey.yaml"
    try Data(bytes).write(to: URL(filePath: path))
    #expect {
      _ = try ConfigurationSources(options: [:], environment: [:], file: path)
    } throws: { "\($0)" == "\(path) \(sentence)" }
  }

  @Test func `a file that is named must be there`() throws {
    let folder = try Folder()
    let path = "\(folder.path)/no.yaml"
    #expect {
      _ = try ConfigurationSources(options: [:], environment: [:], file: path)
    } throws: { "\($0)" == "\(path) cannot be read" }
  }
}
