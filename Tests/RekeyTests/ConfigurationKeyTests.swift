import ArgumentParser
import Formats
import Testing

@testable import rekey

@Suite struct ConfigurationKeyTests {
  @Test(arguments: [
    ("database.url", "REKEY_DATABASE_URL", "database-url"),
    ("mail.smtputf8", "REKEY_MAIL_SMTPUTF8", "mail-smtputf8"),
    ("mail.give_up_after", "REKEY_MAIL_GIVE_UP_AFTER", "mail-give-up-after"),
    ("hooks.ses_topics", "REKEY_HOOKS_SES_TOPICS", "hooks-ses-topics"),
    ("retention", "REKEY_RETENTION", "retention"),
  ])
  func `a key has one variable and one option, named after it`(
    name: String, variable: String, option: String
  ) throws {
    let key = try #require(ConfigurationKey(name))
    #expect(key.environmentName == variable && key.optionName == option)
  }

  @Test(arguments: ConfigurationKey.deployment)
  func `a key of which nothing is said has its default`(key: ConfigurationKey) {
    let found = ConfigurationSources(only: [:]).value(key)
    #expect(found?.text == key.defaultText)
    #expect(found?.source == (key.defaultText == nil ? nil : "default"))
  }

  @Test(arguments: ConfigurationKey.deployment)
  func `a variable and an option reach their key and no other`(key: ConfigurationKey) throws {
    let sources = try Configured.sources(file: "", environment: [key.environmentName: "x y/z:1"])
    let options = try Config.parse(["--\(key.optionName)", "x y/z:1"]).options.sources()
    for (sources, source) in [(sources, "the environment"), (options, "the command line")] {
      #expect(sources.value(key)?.text == "x y/z:1")
      #expect(sources.value(key)?.source == source)
      for other in ConfigurationKey.deployment where other != key {
        #expect(sources.value(other)?.text == other.defaultText)
      }
    }
  }

  @Test func `without a word everything has its default`() throws {
    let settings = try Configured.settings()
    #expect(settings.listenPublic == HostPort("127.0.0.1:8080"))
    #expect(settings.listenInternal == HostPort("127.0.0.1:8081"))
    #expect("\(settings.giveUpAfter) \(settings.lifetime) \(settings.lease)" == "2h 30m 90s")
    #expect("\(settings.retention) \(settings.keepLive) \(settings.concurrency)" == "30d 3 20")
    #expect("\(settings.common.addressLimits)" == "3/15m 5/1h 10/1d")
    #expect("\(settings.common.clientLimits)" == "20/1h")
    #expect(settings.common.directory == .none)
    #expect(settings.isWorkerEmbedded && settings.logsJSON)
    #expect("\(settings.logLevel)" == "info")
    #expect(settings.databaseURL == nil && settings.publicURL == nil)
    #expect(settings.keyringFile == nil && settings.callersFile == nil)
    #expect(settings.transports.isEmpty && settings.own.isEmpty)
    #expect(settings.templatesDirectory == nil && settings.common.mailFrom == nil)
  }

  @Test(arguments: [
    ConfigurationKey.databaseURL, ConfigurationKey.publicURL, ConfigurationKey.continueURL,
    ConfigurationKey.keyringFile, ConfigurationKey.callersFile, ConfigurationKey.mailFrom,
    ConfigurationKey.mailTransports,
  ])
  func `a missing value is named by key, option and variable`(key: ConfigurationKey) throws {
    let line = ConfigurationProblem.missing(key).description
    #expect(line.hasPrefix("\(key.name) is required"))
    #expect(line.contains("--\(key.optionName)") && line.contains(key.environmentName))
    #expect(line.contains(key.bounds))
    let settings = try Configured.settings()
    #expect(throws: ConfigurationProblem.self) { try settings.require(String?.none, key) }
    #expect(try settings.require("x", key) == "x")
  }

  @Test func `an empty value of a key without default counts as not given`() throws {
    let empty = ConfigurationKey.deployment.filter { $0.defaultText == nil }
    let settings = try Configured.settings(
      Dictionary(uniqueKeysWithValues: empty.map { ($0, "") }))
    #expect(settings.databaseURL == nil && settings.publicURL == nil)
    #expect(settings.transports.isEmpty && settings.common.continueURL == nil)
  }
}
