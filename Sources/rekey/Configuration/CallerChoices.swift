import Accounts
import Formats
import PasswordReset
import Postgres

/// What may differ from caller to caller, as configured.
struct CallerChoices: Sendable {
  let continueURL: ContinueURL?
  let mailFrom: Mailbox?
  let addressLimits: RateLimits
  let clientLimits: RateLimits
  let directory: DirectoryChoice
  let brand: String?
  /// Nil where no address is told that it has no account.
  let noAccountLimits: RateLimits?
  let events: EventsChoice?

  init(
    _ read: SettingsReader, caller: String?, _ addresses: EmailAddress.Policy
  ) throws(ConfigurationProblem) {
    var read = read
    read.caller = caller
    continueURL = try read.optional(\.continueURL)
    mailFrom = try read.optional(\.mailFrom) { Mailbox($0, policy: addresses) }
    addressLimits = try read(\.limitsEmail)
    clientLimits = try read(\.limitsClient)
    directory = try DirectoryChoice(read)
    brand = try read.optional(\.brand)
    let limits = try read(\.limitsNoAccount)
    noAccountLimits = try read(\.mailNoAccount) ? limits : nil
    events = try EventsChoice(read)
  }
}

/// Where events go, and what signs them.
struct EventsChoice: Sendable, Equatable {
  let url: WebURL
  let secretFile: String

  /// Nil where nobody wants events.
  init?(_ read: SettingsReader) throws(ConfigurationProblem) {
    guard let url = try read.optional(\.eventsURL) else { return nil }
    self.url = url
    secretFile = try read.required(\.eventsSecretFile)
  }
}

/// What verifies the calls of mail providers.
struct HookFiles: Sendable, Equatable {
  let sendGrid: String?
  let mailgun: String?
  let postmark: String?
  let sesTopics: String?
  let sesCertificate: String?

  init(_ read: SettingsReader) throws(ConfigurationProblem) {
    sendGrid = try read.optional(\.hooksSendGridKeyFile)
    mailgun = try read.optional(\.hooksMailgunKeyFile)
    postmark = try read.optional(\.hooksPostmarkKeyFile)
    sesTopics = try read.optional(\.hooksSESTopics)
    sesCertificate = try read.optional(\.hooksSESCertificateFile)
  }
}

/// Who is asked for accounts, with what that needs.
enum DirectoryChoice: Sendable, Equatable {
  case none
  case http(url: WebURL, secretFile: String)
  case sql(databaseURL: PostgresURL, query: AccountQuery)

  init(_ read: SettingsReader) throws(ConfigurationProblem) {
    let mode = try read(\.accountsMode)
    // What is given must be good, also where it is not needed.
    _ = try read.optional(\.accountsURL)
    _ = try read.optional(\.accountsDatabaseURL)
    _ = try read.optional(\.accountsQuery)
    switch mode {
    case .none: self = .none
    case .http:
      self = .http(
        url: try read.required(\.accountsURL), secretFile: try read.required(\.accountsSecretFile))
    case .sql:
      self = .sql(
        databaseURL: try read.required(\.accountsDatabaseURL),
        query: try read.required(\.accountsQuery))
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
