import Formats
import Logging
import Mailing
import PasswordReset
import Postgres

/// The configuration, read and judged as a whole: every value that is given must be good, also where
/// a command does not need it.
struct Settings: Sendable {
  let databaseURL: PostgresURL?
  let isBehindPooler: Bool
  let listenPublic: HostPort
  let listenInternal: HostPort
  let publicURL: BaseURL?
  let keyringFile: String?
  let callersFile: String?
  let transports: [TransportURL]
  let giveUpAfter: WholeDuration
  let mayReachPrivate: Bool
  let suppressionLifetime: WholeDuration
  let eventsGiveUpAfter: WholeDuration
  let hooks: HookFiles
  let lifetime: WholeDuration
  let keepLive: Int
  let isWorkerEmbedded: Bool
  let concurrency: Int
  let lease: WholeDuration
  let poisonAfter: Int
  let templatesDirectory: String?
  let retention: WholeDuration
  let logLevel: Logger.Level
  let logsJSON: Bool
  let addresses: EmailAddress.Policy
  let common: CallerChoices
  /// By name, for callers with choices of their own.
  let own: [String: CallerChoices]

  init(_ sources: ConfigurationSources) throws(ConfigurationProblem) {
    let read = SettingsReader(sources)
    databaseURL = try read.optional(\.databaseURL)
    isBehindPooler = try read(\.databasePooler)
    listenPublic = try read(\.listenPublic)
    listenInternal = try read(\.listenInternal)
    publicURL = try read.optional(\.publicURL)
    keyringFile = try read.optional(\.keyringFile)
    callersFile = try read.optional(\.callersFile)
    transports = try read.optional(\.mailTransports) ?? []
    giveUpAfter = try read(\.mailGiveUpAfter)
    mayReachPrivate = try read(\.mailAllowPrivate)
    suppressionLifetime = try read(\.suppressionsLifetime)
    eventsGiveUpAfter = try read(\.eventsGiveUpAfter)
    hooks = try HookFiles(read)
    lifetime = try read(\.tokenLifetime)
    keepLive = try read(\.tokenKeepLive)
    isWorkerEmbedded = try read(\.workerEmbedded)
    concurrency = try read(\.workerConcurrency)
    lease = try read(\.workerLease)
    poisonAfter = try read(\.workerPoisonAfter)
    templatesDirectory = try read.optional(\.templatesDirectory)
    retention = try read(\.retention)
    logLevel = try read(\.logLevel)
    logsJSON = try read(\.logFormat)
    addresses = EmailAddress.Policy(
      smtpUTF8: try read(\.mailSMTPUTF8), domains: InternationalDomains())
    common = try CallerChoices(read, caller: nil, addresses)
    var own: [String: CallerChoices] = [:]
    for name in sources.callers.keys {
      guard CallerKeys.isName(name) else {
        throw ConfigurationProblem("callers.\(name.prefix(64)): not a name of a caller")
      }
      own[name] = try CallerChoices(read, caller: name, addresses)
    }
    self.own = own
  }

  /// A value that this command cannot do without.
  func require<Value>(
    _ value: Value?, _ key: ConfigurationKey
  ) throws(ConfigurationProblem) -> Value {
    guard let value else { throw .missing(key) }
    return value
  }

  /// The longest window of all limits: older stamps are looked at by none.
  var longestWindow: WholeDuration {
    let all = ([common] + own.values).flatMap {
      $0.addressLimits.limits + $0.clientLimits.limits
        + ($0.noAccountLimits?.limits ?? [])
    }
    return all.map(\.window).max() ?? WholeDuration(seconds: 86_400)
  }
}
