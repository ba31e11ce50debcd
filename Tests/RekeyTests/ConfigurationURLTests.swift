import Formats
import Logging
import PasswordReset
import Support
import Testing

@testable import rekey

/// One reading of URLs: what `rekey config` takes, `rekey serve` takes too.
@Suite struct ConfigurationURLTests {
  static let keys: [ConfigurationKey] = [
    ConfigurationKey.publicURL, ConfigurationKey.continueURL, ConfigurationKey.eventsURL,
    ConfigurationKey.accountsURL,
  ]

  static let values = [
    "http://localhost:1/x", "http://app.localhost/hook", "http://LOCALHOST/", "http://127.1.2.3:8/",
    "http://[::1]:8080/", "https://example.test", "https://example.test:8443/a/b?c=d",
    "https://xn--bcher-kva.test/", "http://localhost.example.test/", "http://127.0.0.1.test/",
    "http://[::2]/", "http://10.0.0.1/", "http://0.0.0.0/", "https://example.test/#a",
    "https://u@example.test/", "https://example.test:0/", "https://example.test/../a", "https:///a",
    "https://example.test/a//b", "ftp://example.test/", "https://[::1/", "https://\u{e4}.test/",
    "x",
  ]

  @Test(arguments: keys)
  func `what the configuration takes, the assembly takes`(key: ConfigurationKey) throws {
    let folder = try Folder()
    var taken = 0
    for value in Self.values {
      let text = key == ConfigurationKey.continueURL ? "\(value)?token={token}" : value
      let options = try Self.complete(in: folder).merging([key: text]) { _, new in new }
      let settings: Settings
      do throws(ConfigurationProblem) { settings = try Configured.settings(options) } catch {
        #expect(error.description.hasPrefix("\(key.name): "))
        continue
      }
      taken += 1
      let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let assembly = try Assembly(settings, logger: quiet, name: "test")
      #expect(throws: Never.self, "\(text)") { _ = try assembly.serving(withWorker: true) }
    }
    #expect(taken >= 7 && taken < Self.values.count - 8)
  }

  @Test(arguments: keys)
  func `http is for this machine, and the line says so`(key: ConfigurationKey) throws {
    let line = try #require(Configured.problem([key: "http://example.test/{token}"]))
    #expect(
      line.hasSuffix(": it must begin with https:// unless the host is this machine"), "\(line)")
  }

  @Test(arguments: [
    ConfigurationKey.publicURL, ConfigurationKey.eventsURL, ConfigurationKey.accountsURL,
  ])
  func `what nobody would see is refused`(key: ConfigurationKey) throws {
    let line = try #require(Configured.problem([key: "https://example.test/#x"]))
    #expect(line.hasSuffix(": it must not have a fragment"))
  }

  private static func complete(in folder: Folder) throws -> [ConfigurationKey: String] {
    let secret = "whsec_" + Base64.encode([UInt8](repeating: 7, count: 32))
    let secrets = try folder.write("\(secret)\n", to: "secrets")
    return [
      ConfigurationKey.databaseURL: "postgresql:///none",
      ConfigurationKey.publicURL: "https://example.test",
      ConfigurationKey.continueURL: "https://example.test/{token}",
      ConfigurationKey.mailFrom: "a@example.test",
      ConfigurationKey.mailTransports: "smtp://localhost:1",
      ConfigurationKey.keyringFile: try folder.write(
        try Keyring.newFile(createdAt: "d"), to: "keyring"),
      ConfigurationKey.callersFile: try folder.write("", to: "callers"),
      ConfigurationKey.accountsMode: "http",
      ConfigurationKey.accountsURL: "https://example.test",
      ConfigurationKey.accountsSecretFile: secrets,
      ConfigurationKey.eventsURL: "https://example.test",
      ConfigurationKey.eventsSecretFile: secrets,
    ]
  }
}
