import ArgumentParser
import Foundation

/// The configuration keys as options of every command.
struct ConfigurationOptions: ParsableArguments {
  @Option(help: "Configuration file; rekey.yaml in the working directory is read if it is there.")
  var config: String?

  @Option(help: describe(.databaseURL)) var databaseURL: String?
  @Option(help: describe(.databasePooler)) var databasePooler: String?
  @Option(help: describe(.listenPublic)) var listenPublic: String?
  @Option(help: describe(.listenInternal)) var listenInternal: String?
  @Option(name: .customLong("public-url"), help: describe(.publicURL)) var publicURL: String?
  @Option(name: .customLong("continue-url"), help: describe(.continueURL)) var continueURL: String?
  @Option(help: describe(.keyringFile)) var keyringFile: String?
  @Option(help: describe(.callersFile)) var callersFile: String?
  @Option(help: describe(.mailFrom)) var mailFrom: String?
  @Option(help: describe(.mailTransports)) var mailTransports: String?
  @Option(help: describe(.mailGiveUpAfter)) var mailGiveUpAfter: String?
  @Option(name: .customLong("mail-smtputf8"), help: describe(.mailSMTPUTF8)) var mailSMTPUTF8:
    String?
  @Option(help: describe(.mailAllowPrivate)) var mailAllowPrivate: String?
  @Option(help: describe(.mailNoAccount)) var mailNoAccount: String?
  @Option(help: describe(.suppressionsLifetime)) var suppressionsLifetime: String?
  @Option(name: .customLong("events-url"), help: describe(.eventsURL)) var eventsURL: String?
  @Option(help: describe(.eventsSecretFile)) var eventsSecretFile: String?
  @Option(help: describe(.eventsGiveUpAfter)) var eventsGiveUpAfter: String?
  @Option(name: .customLong("hooks-sendgrid-key-file"), help: describe(.hooksSendGridKeyFile))
  var hooksSendGridKeyFile: String?
  @Option(help: describe(.hooksMailgunKeyFile)) var hooksMailgunKeyFile: String?
  @Option(help: describe(.hooksPostmarkKeyFile)) var hooksPostmarkKeyFile: String?
  @Option(name: .customLong("hooks-ses-topics"), help: describe(.hooksSESTopics))
  var hooksSESTopics: String?
  @Option(name: .customLong("hooks-ses-certificate-file"), help: describe(.hooksSESCertificateFile))
  var hooksSESCertificateFile: String?
  @Option(help: describe(.tokenLifetime)) var tokenLifetime: String?
  @Option(help: describe(.tokenKeepLive)) var tokenKeepLive: String?
  @Option(help: describe(.limitsEmail)) var limitsEmail: String?
  @Option(help: describe(.limitsClient)) var limitsClient: String?
  @Option(help: describe(.limitsNoAccount)) var limitsNoAccount: String?
  @Option(help: describe(.accountsMode)) var accountsMode: String?
  @Option(name: .customLong("accounts-url"), help: describe(.accountsURL)) var accountsURL: String?
  @Option(help: describe(.accountsSecretFile)) var accountsSecretFile: String?
  @Option(name: .customLong("accounts-database-url"), help: describe(.accountsDatabaseURL))
  var accountsDatabaseURL: String?
  @Option(help: describe(.accountsQuery)) var accountsQuery: String?
  @Option(help: describe(.workerEmbedded)) var workerEmbedded: String?
  @Option(help: describe(.workerConcurrency)) var workerConcurrency: String?
  @Option(help: describe(.workerLease)) var workerLease: String?
  @Option(help: describe(.workerPoisonAfter)) var workerPoisonAfter: String?
  @Option(help: describe(.templatesDirectory)) var templatesDirectory: String?
  @Option(help: describe(.retention)) var retention: String?
  @Option(help: describe(.logLevel)) var logLevel: String?
  @Option(help: describe(.logFormat)) var logFormat: String?

  /// What was given on the command line, by key.
  private var given: [ConfigurationKey: String?] {
    [
      .databaseURL: databaseURL, .listenPublic: listenPublic, .listenInternal: listenInternal,
      .publicURL: publicURL, .continueURL: continueURL, .keyringFile: keyringFile,
      .callersFile: callersFile, .mailFrom: mailFrom, .mailTransports: mailTransports,
      .mailGiveUpAfter: mailGiveUpAfter, .mailSMTPUTF8: mailSMTPUTF8,
      .tokenLifetime: tokenLifetime, .tokenKeepLive: tokenKeepLive, .limitsEmail: limitsEmail,
      .limitsClient: limitsClient, .accountsMode: accountsMode, .accountsURL: accountsURL,
      .accountsSecretFile: accountsSecretFile, .accountsDatabaseURL: accountsDatabaseURL,
      .accountsQuery: accountsQuery, .workerEmbedded: workerEmbedded,
      .workerConcurrency: workerConcurrency, .workerLease: workerLease,
      .templatesDirectory: templatesDirectory, .retention: retention, .logLevel: logLevel,
      .logFormat: logFormat, .databasePooler: databasePooler,
      .mailAllowPrivate: mailAllowPrivate, .mailNoAccount: mailNoAccount,
      .suppressionsLifetime: suppressionsLifetime, .eventsURL: eventsURL,
      .eventsSecretFile: eventsSecretFile, .eventsGiveUpAfter: eventsGiveUpAfter,
      .hooksSendGridKeyFile: hooksSendGridKeyFile, .hooksMailgunKeyFile: hooksMailgunKeyFile,
      .hooksPostmarkKeyFile: hooksPostmarkKeyFile, .hooksSESTopics: hooksSESTopics,
      .hooksSESCertificateFile: hooksSESCertificateFile, .limitsNoAccount: limitsNoAccount,
      .workerPoisonAfter: workerPoisonAfter,
    ]
  }

  func sources() throws(ConfigurationProblem) -> ConfigurationSources {
    try ConfigurationSources(
      options: Dictionary(
        uniqueKeysWithValues: given.compactMap { key, text in text.map { (key.rawValue, $0) } }),
      environment: ProcessInfo.processInfo.environment, file: config)
  }

  func settings() throws(ConfigurationProblem) -> Settings { try Settings(sources()) }

  private static func describe(_ key: ConfigurationKey) -> ArgumentHelp {
    ArgumentHelp(
      "\(key.rawValue): \(key.bounds).\(key.defaultText.map { " Default: \($0)" } ?? "")",
      valueName: "value")
  }
}
