import Accounts
import Cryptography
import Delivery
import Foundation
import Logging
import Mailing
import PasswordReset
import ServiceLifecycle
import Storage
import Transfer
import Web

/// The only place where parts are wired. Tests and `rekey dev` start the same assembly with other
/// values.
struct Assembly: Sendable {
  let settings: Settings
  let logger: Logger
  let database: Database
  let readiness: ProcessReadiness
  let keyring: Current<Keyring>
  let callerKeys: Current<CallerKeys>
  let callers: Current<CallerBook>
  let vault: Vault
  let signal = WakeSignal()
  let pages: Current<Pages>
  let composer: CurrentComposer

  init(_ settings: Settings, logger: Logger, name: String) throws {
    self.settings = settings
    self.logger = logger
    let url = try settings.require(settings.databaseURL, .databaseURL)
    do {
      database = try Database(url: url, applicationName: "rekey \(name)", logger: logger)
    } catch { throw ConfigurationProblem("database.url: \(error)") }
    keyring = Current(try Self.readKeyring(settings))
    callerKeys = Current(try Self.readCallerKeys(settings))
    callers = Current(try CallerBook(settings))
    vault = Vault(keyring: keyring, domains: InternationalDomains())
    pages = Current(try Self.readPages(settings))
    composer = CurrentComposer(renderer: Current(try Self.readRenderer(settings)))
    readiness = ProcessReadiness(
      database: DatabaseReadiness(database),
      keyring: { (try? Self.readKeyring(settings)) != nil })
  }

  static func readKeyring(_ settings: Settings) throws(ConfigurationProblem) -> Keyring {
    let path = try settings.require(settings.keyringFile, .keyringFile)
    let text = try KeyFile.read(path, .keyringFile)
    do { return try Keyring(file: text) } catch {
      throw ConfigurationProblem("keyring.file: \(path): \(error.sentence)")
    }
  }

  static func readCallerKeys(_ settings: Settings) throws(ConfigurationProblem) -> CallerKeys {
    let path = try settings.require(settings.callersFile, .callersFile)
    let text = try KeyFile.read(path, .callersFile)
    do { return try CallerKeys(file: text) } catch {
      throw ConfigurationProblem("callers.file: \(path): \(error.sentence)")
    }
  }
}

extension Assembly {
  static func readPages(_ settings: Settings) throws(ConfigurationProblem) -> Pages {
    do {
      return try Pages(
        files: settings.templatesDirectory.map { try TextFiles.read(below: $0 + "/pages") },
        sha256: SHA256.hash)
    } catch { throw ConfigurationProblem("templates.directory: \(error)") }
  }

  static func readRenderer(_ settings: Settings) throws(ConfigurationProblem) -> MessageRenderer {
    do {
      let files = try settings.templatesDirectory.map { directory throws(MailingError) in
        try TemplateFiles(directory: directory)
      }
      return MessageRenderer(templates: try Templates(files ?? .embedded))
    } catch { throw ConfigurationProblem("templates.directory: \(error)") }
  }
}

/// The renderer in use; exchanged as a whole when templates are read anew.
struct CurrentComposer: MessageComposer {
  let renderer: Current<MessageRenderer>

  func compose(_ letter: LinkLetter) throws(CompositionError) -> RenderedMail {
    try renderer.value.compose(letter)
  }
}

// MARK: Serving

extension Assembly {
  /// The use cases with their stores.
  /// - Parameter onRecorded: tells whoever works that something is due.
  func surface(onRecorded: @escaping @Sendable () -> Void) throws -> Surface {
    let reader = StoredRequests(database)
    let tokens = StoredTokens(database)
    let request = RequestReset(
      recorder: RequestWriter(database, lifetime: settings.lifetime, onRecorded: onRecorded),
      vault: vault, clock: database.time,
      random: { () throws(ResetError) in
        do { return try SecureRandom.bytes(20) } catch { throw .cryptography }
      })
    let verify = VerifyToken(
      reader: reader, vault: vault, clock: database.time, retention: settings.retention)
    return Surface(
      request: request,
      again: AskAgain(request: request, reader: reader, vault: vault, callers: callers),
      verify: verify, consume: ConsumeToken(consumer: tokens, vault: vault, verify: verify),
      invalidate: InvalidateAccount(revoker: tokens, vault: vault), reader: reader,
      readiness: readiness, vault: vault, callers: callers, addresses: settings.addresses,
      pages: pages)
  }

  /// Both doors, and with a worker of its own what that needs.
  func serving(
    withWorker: Bool, onBound: @escaping @Sendable (Door, Int) async -> Void = { _, _ in }
  ) throws -> [any Service] {
    let hint = withWorker ? nil : WorkerHint(database)
    let surface = try surface(onRecorded: { [signal] in
      if let hint { hint.send() } else { signal.send() }
    })
    let (people, programs) = (settings.listenPublic, settings.listenInternal)
    return try [watch, reloading()] + (withWorker ? working() : []) + [
      Listener.forPeople(
        surface, isSecure: settings.isPublicSecure, host: people.host, port: people.port ?? 0,
        logger: logger, onBound: { await onBound(.people, $0) }),
      Listener.forPrograms(
        surface, keys: callerKeys, host: programs.host, port: programs.port ?? 0, logger: logger,
        onBound: { await onBound(.programs, $0) }),
    ]
  }

  enum Door: Sendable {
    case people, programs
  }

  var watch: DatabaseWatch { DatabaseWatch(readiness: readiness, logger: logger) }
}

// MARK: Working

extension Assembly {
  func working() throws -> [any Service] {
    let outbox = StoredOutbox(
      database,
      settings: .init(
        lease: settings.lease, lifetime: settings.lifetime, giveUpAfter: settings.giveUpAfter,
        keepLive: settings.keepLive))
    let base = try settings.require(settings.publicBase, .publicURL)
    let loop = try TransferLoop(
      maxConnections: settings.concurrency, maxConnectionsPerHost: settings.concurrency)
    let courier = Courier(
      Courier.Parts(
        outbox: outbox, vault: vault, callers: callers, directory: try directories(through: loop),
        composer: composer, transport: try transport(through: loop),
        link: { token in "\(base)/reset/verify?token=\(token)" }, lifetime: settings.lifetime),
      logger: logger)
    let partitions = Partitions(database)
    return [
      Janitor(logger: logger) { try await partitions.makeAhead() },
      DeliveryWorker(
        outbox: outbox, courier: courier, signal: signal, concurrency: settings.concurrency,
        lease: settings.lease, logger: logger),
    ]
  }

  /// A worker on its own: hears hints, serves only its health.
  func workingAlone(
    onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws -> [any Service] {
    let door = settings.listenInternal
    return try [watch, reloading(), HintService(database: database, signal: signal)] + working() + [
      Listener.forHealth(
        HealthSurface(readiness: readiness), callers: callers, host: door.host,
        port: door.port ?? 0, logger: logger, onBound: onBound)
    ]
  }

  private func transport(through loop: TransferLoop) throws(ConfigurationProblem) -> any MailTransport {
    guard let first = settings.transports.first else { throw .missing(.mailTransports) }
    guard settings.transports.count == 1 else {
      throw ConfigurationProblem("mail.transports: this version takes one transport")
    }
    return SMTPTransport(
      first, ehloName: ehloName, smtpUTF8: settings.addresses.smtpUTF8, through: loop)
  }

  /// Receivers write it into every mail, so it is the public name and never the host's own.
  private var ehloName: String {
    let host = settings.publicBase.flatMap(WebURL.init)?.host ?? "localhost"
    return host.contains(":") ? "localhost" : host
  }

  /// One directory for everybody, and one for each caller that has chosen its own.
  private func directories(
    through loop: TransferLoop
  ) throws -> @Sendable (Caller) -> (any AccountDirectory)? {
    let common = try directory(settings.common.directory, through: loop)
    var own: [String: any AccountDirectory] = [:]
    for (name, choices) in settings.own {
      own[name] = try directory(choices.directory, through: loop)
    }
    let (directories, names) = (own, Set(settings.own.keys))
    return { caller in names.contains(caller.name) ? directories[caller.name] : common }
  }

  private func directory(
    _ choice: DirectoryChoice, through loop: TransferLoop
  ) throws -> (any AccountDirectory)? {
    do {
      switch choice {
      case .none: return nil
      case .http(let url, let secretFile):
        let secret = try WebhookSecret.key(
          from: Array(try KeyFile.read(secretFile, .accountsSecretFile).utf8))
        let key = Secret(secret)
        return HTTPDirectory(
          try DirectoryURL(url), policy: settings.addresses,
          clock: database.time,
          sign: { try? HMACSHA256.code(for: $0, key: key) },
          makeID: { "msg_" + UUID().uuidString.lowercased() }, through: loop)
      case .sql(let databaseURL, let query):
        return try SQLDirectory(
          databaseURL: databaseURL, query: query, policy: settings.addresses)
      }
    } catch let error as AccountsError {
      throw ConfigurationProblem("accounts: \(error)")
    }
  }
}

// MARK: Reloading

extension Assembly {
  /// SIGHUP: keyring, caller keys and templates are read anew; if one of them cannot be read, all
  /// the old ones stay in use.
  private func reloading() -> ReloadService {
    ReloadService(logger: logger) { [self] in
      let keys = try Self.readKeyring(settings)
      let callers = try Self.readCallerKeys(settings)
      let (pages, renderer) = (try Self.readPages(settings), try Self.readRenderer(settings))
      self.pages.replace(with: pages)
      composer.renderer.replace(with: renderer)
      keyring.replace(with: keys)
      callerKeys.replace(with: callers)
    }
  }
}

extension CallerBook {
  init(_ settings: Settings) throws(ConfigurationProblem) {
    var own: [String: CallerSettings] = [:]
    for (name, choices) in settings.own { own[name] = try CallerSettings(choices, settings) }
    self.init(common: try CallerSettings(settings.common, settings), own: own)
  }
}

extension CallerSettings {
  fileprivate init(_ choices: CallerChoices, _ settings: Settings) throws(ConfigurationProblem) {
    let continueURL = try settings.require(choices.continueURL, .continueURL)
    let mailFrom = try settings.require(choices.mailFrom, .mailFrom)
    self.init(
      continueURL: continueURL, addressLimits: choices.addressLimits,
      clientLimits: choices.clientLimits, directory: choices.directory.mode, mailFrom: mailFrom,
      brand: choices.brand ?? mailFrom.name ?? mailFrom.address.domain)
  }
}
