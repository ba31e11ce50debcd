import Formats
import Logging
import Mailing
import PasswordReset

/// The configuration, read and judged as a whole: every value that is given must be good, also where
/// a command does not need it.
struct Settings: Sendable {
  let databaseURL: String?
  let isBehindPooler: Bool
  let listenPublic: HostPort
  let listenInternal: HostPort
  let publicBase: String?
  let isPublicSecure: Bool
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
    databaseURL = try read.databaseURL(.databaseURL)
    isBehindPooler = try read.value(.databasePooler) { ["none": false, "transaction": true][$0] }
    (listenPublic, listenInternal) = (
      try read.value(.listenPublic) { HostPort($0) },
      try read.value(.listenInternal) { HostPort($0) }
    )
    let publicURL = try read.optional(.publicURL) { text in
      (try? WebURL(text)).flatMap { url in url.asBase.map { (base: $0, isSecure: url.isSecure) } }
    }
    (publicBase, isPublicSecure) = (publicURL?.base, publicURL?.isSecure ?? false)
    (keyringFile, callersFile) = (read.text(.keyringFile), read.text(.callersFile))
    transports = try read.transports()
    giveUpAfter = try read.duration(.mailGiveUpAfter, 60...86_400)
    mayReachPrivate = try read.flag(.mailAllowPrivate)
    suppressionLifetime = try read.duration(.suppressionsLifetime, 3600...315_360_000)
    eventsGiveUpAfter = try read.duration(.eventsGiveUpAfter, 60...2_592_000)
    hooks = HookFiles(read)
    lifetime = try read.duration(.tokenLifetime, 300...86_400)
    keepLive = try read.number(.tokenKeepLive, 1...20)
    isWorkerEmbedded = try read.flag(.workerEmbedded)
    concurrency = try read.number(.workerConcurrency, 1...200)
    lease = try read.duration(.workerLease, 15...900)
    poisonAfter = try read.number(.workerPoisonAfter, 1...100)
    templatesDirectory = read.text(.templatesDirectory)
    retention = try read.duration(.retention, 86_400...315_360_000)
    logLevel = try read.value(.logLevel) { Logger.Level(rawValue: $0) }
    logsJSON = try read.value(.logFormat) { ["json": true, "text": false][$0] }
    addresses = EmailAddress.Policy(
      smtpUTF8: try read.flag(.mailSMTPUTF8), domains: InternationalDomains())
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
        + ($0.saysNoAccount ? $0.noAccountLimits.limits : [])
    }
    return all.map(\.window).max() ?? WholeDuration(seconds: 86_400)
  }
}

/// What may differ from caller to caller, as configured.
struct CallerChoices: Sendable {
  let continueURL: ContinueURL?
  let mailFrom: Mailbox?
  let addressLimits: RateLimits
  let clientLimits: RateLimits
  let directory: DirectoryChoice
  let brand: String?
  let saysNoAccount: Bool
  let noAccountLimits: RateLimits
  let events: EventsChoice?

  init(
    _ read: SettingsReader, caller: String?, _ addresses: EmailAddress.Policy
  ) throws(ConfigurationProblem) {
    var read = read
    read.caller = caller
    continueURL = try read.optional(.continueURL) { text in
      (try? WebURL(text)).flatMap { _ in ContinueURL(text) }
    }
    mailFrom = try read.optional(.mailFrom) { Mailbox($0, policy: addresses) }
    addressLimits = try read.value(.limitsEmail) { RateLimits($0) }
    clientLimits = try read.value(.limitsClient) { RateLimits($0) }
    directory = try DirectoryChoice(read)
    brand = caller.flatMap { read.sources.callers[$0]?["brand"] }
    saysNoAccount = try read.flag(.mailNoAccount)
    noAccountLimits = try read.value(.limitsNoAccount) { RateLimits($0) }
    events = try EventsChoice(read)
  }
}

/// Where events go, and what signs them.
struct EventsChoice: Sendable, Equatable {
  let url: String
  let secretFile: String

  /// Nil where nobody wants events.
  init?(_ read: SettingsReader) throws(ConfigurationProblem) {
    guard let url = try read.optional(.eventsURL, { try? WebURL($0).text }) else { return nil }
    self.url = url
    secretFile = try read.required(.eventsSecretFile)
  }
}

/// What verifies the calls of mail providers.
struct HookFiles: Sendable, Equatable {
  let sendGrid: String?
  let mailgun: String?
  let postmark: String?
  let sesTopics: String?
  let sesCertificate: String?

  init(_ read: SettingsReader) {
    sendGrid = read.text(.hooksSendGridKeyFile)
    mailgun = read.text(.hooksMailgunKeyFile)
    postmark = read.text(.hooksPostmarkKeyFile)
    sesTopics = read.text(.hooksSESTopics)
    sesCertificate = read.text(.hooksSESCertificateFile)
  }
}

/// Who is asked for accounts, with what that needs.
enum DirectoryChoice: Sendable, Equatable {
  case none
  case http(url: String, secretFile: String)
  case sql(databaseURL: String, query: String)

  init(_ read: SettingsReader) throws(ConfigurationProblem) {
    let mode = try read.value(.accountsMode) { DirectoryMode(rawValue: $0) }
    _ = try read.optional(.accountsURL) { try? WebURL($0) }
    _ = try read.databaseURL(.accountsDatabaseURL)
    switch mode {
    case .none: self = .none
    case .http:
      self = .http(
        url: try read.required(.accountsURL), secretFile: try read.required(.accountsSecretFile))
    case .sql:
      self = .sql(
        databaseURL: try read.required(.accountsDatabaseURL),
        query: try read.required(.accountsQuery))
    }
  }

  var mode: DirectoryMode {
    switch self {
    case .none: .none
    case .http: .http
    case .sql: .sql
    }
  }
}

extension WebURL {
  /// The base of links: no query or fragment; a slash at its end is dropped.
  var asBase: String? {
    guard query == nil, fragment == nil, !path.contains("//") else { return nil }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }
}
