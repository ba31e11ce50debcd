import Logging
import PasswordReset

/// Every configuration key, once. Options, variables, `--help`, `rekey config`, the lines that refuse a
/// value and README's table follow from it; `Settings` reads the values.
struct ConfigurationTable: Sendable {
  static let keys = ConfigurationTable()

  let databaseURL = Key(
    "database.url", .database, isRequired: true, isSecret: true,
    "several hosts are allowed, the writable one is used")
  let databasePooler = Key(
    "database.pooler", .either(["none": false, "transaction": true]), default: "none",
    "`transaction` behind PgBouncer in transaction mode")
  let listenPublic = Key(
    "listen.public", .listener, default: "127.0.0.1:8080", "where people come")
  let listenInternal = Key(
    "listen.internal", .listener, default: "127.0.0.1:8081", "where main apps come, and health")
  let publicURL = Key("public.url", .base, isRequired: true, "what links begin with")
  let continueURL = Key(
    "continue.url", .continueURL, isRequired: true, scope: .deploymentAndCaller,
    "your new-password page")
  let keyringFile = Key(
    "keyring.file", .path, isRequired: true,
    "refused if others can read it, or group or others can write it")
  let callersFile = Key(
    "callers.file", .path, isRequired: true,
    "refused if others can read it, or group or others can write it")
  let mailFrom = Key(
    "mail.from", .text("an address or Name <address>"), isRequired: true,
    scope: .deploymentAndCaller, "the sender of mails")
  let mailTransports = Key(
    "mail.transports", .transports, isRequired: true, isSecret: true, "in order of preference")
  let mailGiveUpAfter = Key(
    "mail.give_up_after", .duration(from: "1m", to: "24h"), default: "2h",
    "later the message is dropped, never sent dead")
  let mailSMTPUTF8 = Key(
    "mail.smtputf8", .flag, default: "false", "whether local parts may be other than ASCII")
  let mailAllowPrivate = Key(
    "mail.allow_private", .flag, default: "false",
    "whether mail APIs may be at loopback, link-local and private addresses")
  let mailNoAccount = Key(
    "mail.no_account", .flag, default: "false", scope: .deploymentAndCaller,
    "whether a typed address is told that it has no account, within `limits.no_account`")
  let suppressionsLifetime = Key(
    "suppressions.lifetime", .duration(from: "1h", to: "3650d"), default: "30d",
    "how long an address that bounced or complained gets no mail")
  let eventsURL = Key(
    "events.url", .target, isSecret: true, scope: .deploymentAndCaller, "where events go")
  let eventsSecretFile = Key(
    "events.secret_file", .path, scope: .deploymentAndCaller, "the secrets that sign events")
  let eventsGiveUpAfter = Key(
    "events.give_up_after", .duration(from: "1m", to: "30d"), default: "3d",
    "later the event is a dead letter")
  let hooksSendGridKeyFile = Key(
    "hooks.sendgrid_key_file", .path, "what verifies the calls of SendGrid")
  let hooksMailgunKeyFile = Key(
    "hooks.mailgun_key_file", .path, "what verifies the calls of Mailgun")
  let hooksPostmarkKeyFile = Key(
    "hooks.postmark_key_file", .path, "what verifies the calls of Postmark")
  let hooksSESTopics = Key(
    "hooks.ses_topics", .text("space-separated ARNs of SNS topics"),
    "whose calls are taken as those of Amazon SES")
  let hooksSESCertificateFile = Key(
    "hooks.ses_certificate_file", .path,
    "PEM of the only certificates that count for SNS; else its own is fetched")
  let tokenLifetime = Key(
    "token.lifetime", .duration(from: "5m", to: "24h"), default: "30m",
    "how long a link works, from the moment the mail goes out")
  let tokenKeepLive = Key(
    "token.keep_live", .number(1...20), default: "3",
    "links of an account that live at once; 1 is newest only")
  let limitsEmail = Key(
    "limits.email", .limits, default: "3/15m 5/1h 10/1d", scope: .deploymentAndCaller,
    "for each address")
  let limitsClient = Key(
    "limits.client", .limits, default: "20/1h", scope: .deploymentAndCaller,
    "for each `client.ip`, IPv6 by /64")
  let limitsNoAccount = Key(
    "limits.no_account", .limits, default: "1/1d", scope: .deploymentAndCaller,
    "mails that say that there is no account, for each address")
  let accountsMode = Key(
    "accounts.mode", .name(of: DirectoryMode.self), default: "none", scope: .deploymentAndCaller,
    "`http` needs `accounts.url` and `accounts.secret_file`, `sql` needs `accounts.database_url` "
      + "and `accounts.query`")
  let accountsURL = Key(
    "accounts.url", .target, isSecret: true, scope: .deploymentAndCaller,
    "who is asked for accounts")
  let accountsSecretFile = Key(
    "accounts.secret_file", .path, scope: .deploymentAndCaller,
    "the secrets that sign these questions")
  let accountsDatabaseURL = Key(
    "accounts.database_url", .database, isSecret: true, scope: .deploymentAndCaller,
    "the main app's database")
  let accountsQuery = Key(
    "accounts.query", .accountQuery, scope: .deploymentAndCaller, "what is asked there")
  let workerEmbedded = Key(
    "worker.embedded", .flag, default: "true", "whether `rekey serve` sends mails too")
  let workerConcurrency = Key(
    "worker.concurrency", .number(1...200), default: "20", "for each transport")
  let workerLease = Key(
    "worker.lease", .duration(from: "15s", to: "15m"), default: "90s",
    "how long a worker holds a message before another may take it")
  let workerPoisonAfter = Key(
    "worker.poison_after", .number(1...100), default: "5",
    "attempts that took their worker down before a message is a dead letter")
  let templatesDirectory = Key(
    "templates.directory", .path, "a folder like `templates/`, in place of the embedded ones")
  let retention = Key(
    "retention", .duration(from: "1d", to: "3650d"), default: "30d",
    "how long requests are kept")
  let logLevel = Key(
    "log.level", .name(of: Logger.Level.self), default: "info", "of lines on stderr")
  let logFormat = Key(
    "log.format", .either(["json": true, "text": false]), default: "json", "of lines on stderr")
  let brand = Key(
    "brand", .text("a name"), scope: .caller,
    "what pages and mails call the app; else the name in `mail.from`, or its domain")
}
