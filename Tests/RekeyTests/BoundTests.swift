import Formats
import Logging
import PasswordReset
import Testing

@testable import rekey

@Suite struct BoundTests {
  static let eight = "1/1s 2/2s 3/3s 4/4s 5/5s 6/6s 7/7s 8/8s"

  /// Key, the last good values of both sides and others, the first bad ones and others.
  static let table: [(ConfigurationKey, good: [String], bad: [String])] = [
    (
      ConfigurationKey.tokenLifetime, ["5m", "300s", "24h", "1d", "86400s"],
      [
        "", "0s", "4m", "299s", "86401s", "25h", "2d", "30", "-30m", "30 m", "1h30m", "30M",
        "9223372036854775807s", "10000000000000000000s",
      ]
    ),
    (
      ConfigurationKey.mailGiveUpAfter, ["60s", "1m", "24h", "86400s"],
      ["", "0s", "59s", "86401s", "25h", "2"]
    ),
    (
      ConfigurationKey.workerLease, ["15s", "15m", "900s"],
      ["", "14s", "0s", "901s", "16m", "1h", "-1s"]
    ),
    (
      ConfigurationKey.retention, ["86400s", "24h", "1d", "3650d", "315360000s"],
      ["", "23h", "86399s", "3651d", "315360001s", "0d", "forever"]
    ),
    (
      ConfigurationKey.tokenKeepLive, ["1", "20"],
      ["", "0", "21", "-1", "+1", " 1", "1 ", "1.0", "٣", "1e1"]
    ),
    (
      ConfigurationKey.workerConcurrency, ["1", "200"],
      ["", "0", "201", "-1", "0x10", "9223372036854775808", "twenty"]
    ),
    (
      ConfigurationKey.limitsEmail, ["1/1s", "1000/1s", "1/30d", "1/2592000s", eight],
      [
        "", " ", "0/1s", "1001/1s", "1/0s", "1/31d", "1/2592001s", "\(eight) 9/9s", "3", "3/15",
        "3/15m,5/1h", "-3/15m", "3/15m x", "4294967297/1h",
      ]
    ),
    (
      ConfigurationKey.limitsClient, ["1/1s", "1000/30d", eight],
      ["", "0/1h", "1001/1h", "1/31d", "\(eight) 9/9s"]
    ),
    (
      ConfigurationKey.listenPublic, ["127.0.0.1:0", "0.0.0.0:65535", "[::]:80", "localhost:1"],
      [
        "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", ":80", "[::]", "::1:80", "x:-1", "x:+1",
        "x:000080", "http://x:80", "x:80/", "x y:80",
      ]
    ),
    (
      ConfigurationKey.listenInternal, ["127.0.0.1:0", "127.0.0.1:65535"],
      ["", "127.0.0.1:65536", "nonsense"]
    ),
    (
      ConfigurationKey.workerEmbedded, ["true", "false"],
      ["", "True", "FALSE", "yes", "1", "0", "maybe"]
    ),
    (ConfigurationKey.mailSMTPUTF8, ["true", "false"], ["", "True", "on", "1"]),
    (
      ConfigurationKey.logLevel, Logger.Level.allCases.map(\.rawValue),
      ["", "INFO", "warn", "loud", "info "]
    ),
    (ConfigurationKey.logFormat, ["json", "text"], ["", "JSON", "xml"]),
    (ConfigurationKey.accountsMode, ["none"], ["", "None", "ldap", "http "]),
    (
      ConfigurationKey.mailFrom, ["a@example.test", "Shop <a@example.test>"],
      [
        "nobody", "Shop a@example.test", "<a@example.test", "a@example.test, b@example.test",
        "X\r\nBcc: b@example.test <a@example.test>",
      ]
    ),
    (
      ConfigurationKey.publicURL, ["https://example.test", "http://localhost:8080/base/"],
      ["http://example.test", "https://example.test/?a", "https://example.test/#a", "x"]
    ),
    (
      ConfigurationKey.continueURL,
      ["https://example.test/{token}", "http://127.0.0.1/?token={token}"],
      [
        "https://example.test/", "https://example.test/{token}{token}", "https://{token}/",
        "http://example.test/{token}", "https://example.test:{token}/", "javascript:{token}",
        "https://example.test/{Token}", "https://example.test/{token}\r\nX: y",
      ]
    ),
  ]

  @Test(arguments: table)
  func `a value at its bound is taken`(key: ConfigurationKey, good: [String], bad: [String]) {
    for value in good { #expect(Configured.problem([key: value]) == nil, "\(value)") }
  }

  @Test(arguments: table)
  func `one beyond is refused by one line with key, value, source and bound`(
    key: ConfigurationKey, good: [String], bad: [String]
  ) throws {
    for value in bad {
      // Of a key without default, nothing is no value.
      if value.isEmpty && key.defaultText == nil { continue }
      let line = try #require(Configured.problem([key: value]), "\(value)")
      #expect(line.hasPrefix("\(key.name): "), "\(line)")
      #expect(line.contains(" from the command line is not \(key.bounds)"), "\(line)")
      #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }, "\(line)")
      let shown = value.utf8.allSatisfy { $0 >= 0x20 }
      #expect(!shown || line.contains("\"\(value)\""), "\(line)")
    }
  }

  /// What a user reads in the line is what the code holds to.
  @Test(arguments: [
    (ConfigurationKey.tokenLifetime, "5m to 24h"), (ConfigurationKey.mailGiveUpAfter, "1m to 24h"),
    (ConfigurationKey.workerLease, "15s to 15m"), (ConfigurationKey.retention, "1d to 3650d"),
    (ConfigurationKey.tokenKeepLive, "1 to 20"),
    (ConfigurationKey.workerConcurrency, "1 to 200"),
    (ConfigurationKey.limitsEmail, "up to 8 limits"),
    (ConfigurationKey.limitsClient, "count 1 to 1000, window 1s to 30d"),
    (ConfigurationKey.listenPublic, "port 0 to 65535"),
    (ConfigurationKey.listenInternal, "port 0 to 65535"),
    (ConfigurationKey.logFormat, "json or text"),
    (ConfigurationKey.accountsMode, "none, http or sql"),
    (ConfigurationKey.workerEmbedded, "true or false"),
  ])
  func `the bound in the line is the bound`(key: ConfigurationKey, bound: String) {
    #expect(key.bounds.contains(bound))
  }

  @Test func `values arrive as they were given`() throws {
    let settings = try Configured.settings([
      ConfigurationKey.tokenLifetime: "45m", ConfigurationKey.mailGiveUpAfter: "3h",
      ConfigurationKey.workerLease: "60s", ConfigurationKey.retention: "7d",
      ConfigurationKey.tokenKeepLive: "1", ConfigurationKey.workerConcurrency: "8",
      ConfigurationKey.workerEmbedded: "false", ConfigurationKey.logFormat: "text",
      ConfigurationKey.logLevel: "error", ConfigurationKey.mailSMTPUTF8: "true",
      ConfigurationKey.publicURL: "https://example.test/base/",
      ConfigurationKey.listenPublic: "[::1]:0", ConfigurationKey.templatesDirectory: "/t",
      ConfigurationKey.mailTransports: "smtp://a smtps://b",
    ])
    #expect("\(settings.lifetime) \(settings.giveUpAfter) \(settings.lease)" == "45m 3h 1m")
    #expect("\(settings.retention) \(settings.keepLive) \(settings.concurrency)" == "7d 1 8")
    #expect(!settings.isWorkerEmbedded && !settings.logsJSON && settings.addresses.smtpUTF8)
    #expect(settings.logLevel == .error && settings.templatesDirectory == "/t")
    #expect(settings.publicURL?.text == "https://example.test/base")
    #expect(settings.listenPublic.host.text == "::1" && settings.listenPublic.port == 0)
    #expect("\(settings.transports)" == "[smtp://a:587?tls=required, smtps://b:465]")
  }

  @Test(arguments: [
    (ConfigurationKey.accountsURL, "http://user:hunter2@example.test/"),
    (ConfigurationKey.mailTransports, "smtp://user:hunter2@example.test:99999"),
    (ConfigurationKey.mailTransports, "gopher://user:hunter2@example.test"),
    (ConfigurationKey.mailTransports, "smtp://user:hun#ter2@example.test hunter2"),
    (ConfigurationKey.publicURL, "https://user:hunter2@example.test"),
    (ConfigurationKey.continueURL, "https://user:hunter2@example.test/{token}"),
  ])
  func `a refused value does not show its password`(key: ConfigurationKey, value: String) throws {
    let line = try #require(Configured.problem([key: value]))
    #expect(line.hasPrefix("\(key.name): "))
    #expect(!line.contains("hunter2") && !line.contains("hun#ter2"), "\(line)")
  }

  @Test func `a long value is cut in the line`() throws {
    let line = try #require(
      Configured.problem([ConfigurationKey.logLevel: String(repeating: "x", count: 65_536)]))
    #expect(line.utf8.count < 400)
  }

  @Test(arguments: [
    "\u{1b}[31m", "a\nb", "a\r\nb", "\u{7f}", "\u{9b}31m", "a\u{85}b", "a\u{2028}b",
  ])
  func `no value makes a second line or talks to the terminal`(value: String) throws {
    let line = try #require(Configured.problem([ConfigurationKey.logLevel: value]))
    let allowed = line.unicodeScalars.allSatisfy { scalar in
      ![.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
    #expect(allowed)
  }
}
