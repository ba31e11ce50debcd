import ArgumentParser
import Formats
import Testing

@testable import rekey

@Suite struct ConfigurationKeyTests {
  /// Key, environment variable, option, default.
  static let table: [(String, String, String, String?)] = [
    ("database.url", "REKEY_DATABASE_URL", "database-url", nil),
    ("database.pooler", "REKEY_DATABASE_POOLER", "database-pooler", "none"),
    ("listen.public", "REKEY_LISTEN_PUBLIC", "listen-public", "127.0.0.1:8080"),
    ("listen.internal", "REKEY_LISTEN_INTERNAL", "listen-internal", "127.0.0.1:8081"),
    ("public.url", "REKEY_PUBLIC_URL", "public-url", nil),
    ("continue.url", "REKEY_CONTINUE_URL", "continue-url", nil),
    ("keyring.file", "REKEY_KEYRING_FILE", "keyring-file", nil),
    ("callers.file", "REKEY_CALLERS_FILE", "callers-file", nil),
    ("mail.from", "REKEY_MAIL_FROM", "mail-from", nil),
    ("mail.transports", "REKEY_MAIL_TRANSPORTS", "mail-transports", nil),
    ("mail.give_up_after", "REKEY_MAIL_GIVE_UP_AFTER", "mail-give-up-after", "2h"),
    ("mail.smtputf8", "REKEY_MAIL_SMTPUTF8", "mail-smtputf8", "false"),
    ("mail.allow_private", "REKEY_MAIL_ALLOW_PRIVATE", "mail-allow-private", "false"),
    ("mail.no_account", "REKEY_MAIL_NO_ACCOUNT", "mail-no-account", "false"),
    ("suppressions.lifetime", "REKEY_SUPPRESSIONS_LIFETIME", "suppressions-lifetime", "30d"),
    ("events.url", "REKEY_EVENTS_URL", "events-url", nil),
    ("events.secret_file", "REKEY_EVENTS_SECRET_FILE", "events-secret-file", nil),
    ("events.give_up_after", "REKEY_EVENTS_GIVE_UP_AFTER", "events-give-up-after", "3d"),
    (
      "hooks.sendgrid_key_file", "REKEY_HOOKS_SENDGRID_KEY_FILE", "hooks-sendgrid-key-file", nil
    ),
    ("hooks.mailgun_key_file", "REKEY_HOOKS_MAILGUN_KEY_FILE", "hooks-mailgun-key-file", nil),
    (
      "hooks.postmark_key_file", "REKEY_HOOKS_POSTMARK_KEY_FILE", "hooks-postmark-key-file", nil
    ),
    ("hooks.ses_topics", "REKEY_HOOKS_SES_TOPICS", "hooks-ses-topics", nil),
    (
      "hooks.ses_certificate_file", "REKEY_HOOKS_SES_CERTIFICATE_FILE",
      "hooks-ses-certificate-file", nil
    ),
    ("token.lifetime", "REKEY_TOKEN_LIFETIME", "token-lifetime", "30m"),
    ("token.keep_live", "REKEY_TOKEN_KEEP_LIVE", "token-keep-live", "3"),
    ("limits.email", "REKEY_LIMITS_EMAIL", "limits-email", "3/15m 5/1h 10/1d"),
    ("limits.client", "REKEY_LIMITS_CLIENT", "limits-client", "20/1h"),
    ("limits.no_account", "REKEY_LIMITS_NO_ACCOUNT", "limits-no-account", "1/1d"),
    ("accounts.mode", "REKEY_ACCOUNTS_MODE", "accounts-mode", "none"),
    ("accounts.url", "REKEY_ACCOUNTS_URL", "accounts-url", nil),
    ("accounts.secret_file", "REKEY_ACCOUNTS_SECRET_FILE", "accounts-secret-file", nil),
    ("accounts.database_url", "REKEY_ACCOUNTS_DATABASE_URL", "accounts-database-url", nil),
    ("accounts.query", "REKEY_ACCOUNTS_QUERY", "accounts-query", nil),
    ("worker.embedded", "REKEY_WORKER_EMBEDDED", "worker-embedded", "true"),
    ("worker.concurrency", "REKEY_WORKER_CONCURRENCY", "worker-concurrency", "20"),
    ("worker.lease", "REKEY_WORKER_LEASE", "worker-lease", "90s"),
    ("worker.poison_after", "REKEY_WORKER_POISON_AFTER", "worker-poison-after", "5"),
    ("templates.directory", "REKEY_TEMPLATES_DIRECTORY", "templates-directory", nil),
    ("retention", "REKEY_RETENTION", "retention", "30d"),
    ("log.level", "REKEY_LOG_LEVEL", "log-level", "info"),
    ("log.format", "REKEY_LOG_FORMAT", "log-format", "json"),
  ]

  @Test func `these are the keys and no others`() {
    #expect(ConfigurationKey.deployment.map(\.name) == Self.table.map(\.0))
  }

  @Test(arguments: table)
  func `a key has one variable, one option and its default`(
    name: String, variable: String, option: String, fallback: String?
  ) throws {
    let key = try #require(ConfigurationKey(name))
    #expect(key.environmentName == variable)
    #expect(key.optionName == option)
    #expect(key.defaultText == fallback)
    let found = ConfigurationSources(only: [:]).value(key)
    #expect(found?.text == fallback)
    #expect(found?.source == (fallback == nil ? nil : "default"))
  }

  @Test(arguments: table)
  func `a variable and an option reach their key and no other`(
    name: String, variable: String, option: String, fallback: String?
  ) throws {
    let key = try #require(ConfigurationKey(name))
    let sources = try Configured.sources(file: "", environment: [variable: "x y/z:1"])
    let options = try Config.parse(["--\(option)", "x y/z:1"]).options.sources()
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
