/// Every configuration key, in the order in which `rekey config` shows them.
enum ConfigurationKey: String, CaseIterable {
  case databaseURL = "database.url"
  case databasePooler = "database.pooler"
  case listenPublic = "listen.public"
  case listenInternal = "listen.internal"
  case publicURL = "public.url"
  case continueURL = "continue.url"
  case keyringFile = "keyring.file"
  case callersFile = "callers.file"
  case mailFrom = "mail.from"
  case mailTransports = "mail.transports"
  case mailGiveUpAfter = "mail.give_up_after"
  case mailSMTPUTF8 = "mail.smtputf8"
  case mailAllowPrivate = "mail.allow_private"
  case mailNoAccount = "mail.no_account"
  case suppressionsLifetime = "suppressions.lifetime"
  case eventsURL = "events.url"
  case eventsSecretFile = "events.secret_file"
  case eventsGiveUpAfter = "events.give_up_after"
  case hooksSendGridKeyFile = "hooks.sendgrid_key_file"
  case hooksMailgunKeyFile = "hooks.mailgun_key_file"
  case hooksPostmarkKeyFile = "hooks.postmark_key_file"
  case hooksSESTopics = "hooks.ses_topics"
  case hooksSESCertificateFile = "hooks.ses_certificate_file"
  case tokenLifetime = "token.lifetime"
  case tokenKeepLive = "token.keep_live"
  case limitsEmail = "limits.email"
  case limitsClient = "limits.client"
  case limitsNoAccount = "limits.no_account"
  case accountsMode = "accounts.mode"
  case accountsURL = "accounts.url"
  case accountsSecretFile = "accounts.secret_file"
  case accountsDatabaseURL = "accounts.database_url"
  case accountsQuery = "accounts.query"
  case workerEmbedded = "worker.embedded"
  case workerConcurrency = "worker.concurrency"
  case workerLease = "worker.lease"
  case workerPoisonAfter = "worker.poison_after"
  case templatesDirectory = "templates.directory"
  case retention = "retention"
  case logLevel = "log.level"
  case logFormat = "log.format"

  var path: [String] { rawValue.split(separator: ".").map(String.init) }

  /// `REKEY_TOKEN_KEEP_LIVE`.
  var environmentName: String {
    "REKEY_" + rawValue.uppercased().replacing(".", with: "_")
  }

  /// `token-keep-live`.
  var optionName: String { rawValue.replacing(".", with: "-").replacing("_", with: "-") }

  var defaultText: String? {
    switch self {
    case .listenPublic: "127.0.0.1:8080"
    case .listenInternal: "127.0.0.1:8081"
    case .mailGiveUpAfter: "2h"
    case .mailSMTPUTF8, .mailAllowPrivate, .mailNoAccount: "false"
    case .databasePooler: "none"
    case .suppressionsLifetime: "30d"
    case .eventsGiveUpAfter: "3d"
    case .limitsNoAccount: "1/1d"
    case .workerPoisonAfter: "5"
    case .tokenLifetime: "30m"
    case .tokenKeepLive: "3"
    case .limitsEmail: "3/15m 5/1h 10/1d"
    case .limitsClient: "20/1h"
    case .accountsMode: "none"
    case .workerEmbedded: "true"
    case .workerConcurrency: "20"
    case .workerLease: "90s"
    case .retention: "30d"
    case .logLevel: "info"
    case .logFormat: "json"
    default: nil
    }
  }

  /// What the value must be, for the line that refuses another.
  var bounds: String {
    switch self {
    case .databaseURL, .accountsDatabaseURL: "a libpq URI such as postgresql://user@host/name"
    case .listenPublic, .listenInternal: "host:port, port 0 to 65535"
    case .publicURL:
      "https://host[/path] (http only for a loopback host), no user, query or fragment"
    case .continueURL:
      "an https URL (http only for a loopback host) with {token} once, after the host"
    case .keyringFile, .callersFile, .accountsSecretFile, .templatesDirectory, .eventsSecretFile,
      .hooksSendGridKeyFile, .hooksMailgunKeyFile, .hooksPostmarkKeyFile, .hooksSESCertificateFile:
      "a path"
    case .databasePooler: "none or transaction"
    case .mailFrom: "an address or Name <address>"
    case .mailTransports:
      "space-separated URLs: smtp, smtps, sendgrid, mailgun, postmark, resend, ses, webhook+https"
    case .suppressionsLifetime: "a duration from 1h to 3650d"
    case .eventsGiveUpAfter: "a duration from 1m to 30d"
    case .hooksSESTopics: "space-separated ARNs of SNS topics"
    case .workerPoisonAfter: "a number from 1 to 100"
    case .mailGiveUpAfter: "a duration from 1m to 24h"
    case .tokenLifetime: "a duration from 5m to 24h"
    case .tokenKeepLive: "a number from 1 to 20"
    case .limitsEmail, .limitsClient, .limitsNoAccount:
      "up to 8 limits such as 3/15m, count 1 to 1000, window 1s to 30d"
    case .accountsMode: "none, http or sql"
    case .accountsURL, .eventsURL: "an https URL (http only for a loopback host)"
    case .accountsQuery: "a query with $1 for the address and columns id, email[, locale, version]"
    case .mailSMTPUTF8, .mailAllowPrivate, .mailNoAccount, .workerEmbedded: "true or false"
    case .workerConcurrency: "a number from 1 to 200"
    case .workerLease: "a duration from 15s to 15m"
    case .retention: "a duration from 1d to 3650d"
    case .logLevel: "trace, debug, info, notice, warning, error or critical"
    case .logFormat: "json or text"
    }
  }

  /// Shown by `rekey config` without what may be secret in it, and never quoted in an error.
  var mayHoldSecret: Bool {
    [.databaseURL, .accountsDatabaseURL, .mailTransports, .accountsURL, .eventsURL].contains(self)
  }

  /// What `callers.<name>.` may stand before.
  static let perCaller: [ConfigurationKey] = [
    .continueURL, .mailFrom, .mailNoAccount, .limitsEmail, .limitsClient, .limitsNoAccount,
    .accountsMode, .accountsURL, .accountsSecretFile, .accountsDatabaseURL, .accountsQuery,
    .eventsURL, .eventsSecretFile,
  ]
}

/// Configuration that cannot be worked with: one line naming key, value (not for secrets) and
/// bounds; exit code 78.
struct ConfigurationProblem: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  init(_ key: ConfigurationKey, _ value: String?, from source: String) {
    // A URL may hold a password where none belongs.
    let isSecret =
      key.mayHoldSecret || value?.contains("://") == true && value?.contains("@") == true
    let shown = isSecret ? nil : value.map { "\"\($0.oneLine)\"" }
    description =
      "\(key.rawValue): \(shown ?? "the value") from \(source) is not \(key.bounds)"
  }

  static func missing(_ key: ConfigurationKey) -> ConfigurationProblem {
    ConfigurationProblem(
      "\(key.rawValue) is required (--\(key.optionName), \(key.environmentName) or rekey.yaml): \(key.bounds)"
    )
  }
}
