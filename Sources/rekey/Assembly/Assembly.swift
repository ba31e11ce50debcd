import Cryptography
import Delivery
import Foundation
import Logging
import Mailing
import PasswordReset
import Postgres
import ServiceLifecycle
import Storage
import Templates
import Transfer
import Web

/// Where parts are wired. Tests start the same assembly with other values.
struct Assembly: Sendable {
  let settings: Settings
  let logger: Logger
  let database: Database
  let readiness: ProcessReadiness
  let keyring: Reloadable<Keyring>
  let callerKeys: Reloadable<CallerKeys>
  let callers: Reloadable<CallerBook>
  let vault: Vault
  let signal = WakeSignal()
  let loop: TransferLoop
  let suppressions: StoredSuppressions
  /// How transports and directories fare, once this process works.
  let states = Reloadable<@Sendable () -> [TransportState]>({ [] })
  let hasOwnPages: Bool
  let pages: Reloadable<Pages>
  let composer: ReloadableComposer

  init(_ settings: Settings, logger: Logger, name: String) throws {
    self.settings = settings
    self.logger = logger
    let url = try settings.require(settings.databaseURL, ConfigurationKey.databaseURL)
    database = Database(
      url: url, isPooled: settings.isBehindPooler, applicationName: "rekey \(name)",
      keepLive: settings.keepLive, logger: logger)
    keyring = Reloadable(try Self.readKeyring(settings))
    callerKeys = Reloadable(try Self.readCallerKeys(settings))
    callers = Reloadable(try CallerBook(settings))
    vault = Vault(keyring: keyring, domains: InternationalDomains())
    hasOwnPages = Self.hasOwnPages(settings)
    pages = Reloadable(try Self.readPages(settings))
    composer = ReloadableComposer(renderer: Reloadable(try Self.readRenderer(settings)))
    suppressions = StoredSuppressions(database)
    loop = try TransferLoop(
      // Directories that hang take none that mails need, also where all are of one origin.
      maxConnections: settings.concurrency * (settings.transports.count + 2)
        + Self.widthOfDirectories(settings),
      maxConnectionsPerHost: settings.concurrency + Self.widthOfDirectories(settings))
    readiness = ProcessReadiness(
      database: DatabaseReadiness(database),
      keyring: { (try? Self.readKeyring(settings)) != nil },
      transports: { [states] in states.value() })
  }

  static func readKeyring(_ settings: Settings) throws(ConfigurationProblem) -> Keyring {
    let path = try settings.require(settings.keyringFile, ConfigurationKey.keyringFile)
    let text = try KeyFile.read(path, ConfigurationKey.keyringFile)
    do { return try Keyring(file: text) } catch {
      throw ConfigurationProblem("keyring.file: \(path): \(error.sentence)")
    }
  }

  static func readCallerKeys(_ settings: Settings) throws(ConfigurationProblem) -> CallerKeys {
    let path = try settings.require(settings.callersFile, ConfigurationKey.callersFile)
    let text = try KeyFile.read(path, ConfigurationKey.callersFile)
    do { return try CallerKeys(file: text) } catch {
      throw ConfigurationProblem("callers.file: \(path): \(error.sentence)")
    }
  }
}

extension Assembly {
  /// - Parameter areOwn: whether the folder of templates had pages before; then it must have them.
  static func readPages(
    _ settings: Settings, areOwn: Bool = false
  ) throws(ConfigurationProblem) -> Pages {
    do {
      let files = try settings.templatesDirectory.flatMap {
        directory throws(TemplateProblem) -> TemplateFiles? in
        // A folder that was made for mails alone keeps working.
        guard areOwn || hasOwnPages(settings) else { return nil }
        return try TemplateFiles("pages", in: directory)
      }
      return try Pages(files ?? .embedded("pages"), sha256: SHA256.hash)
    } catch { throw ConfigurationProblem("templates.directory: \(error)") }
  }

  static func hasOwnPages(_ settings: Settings) -> Bool {
    settings.templatesDirectory.map { TemplateFolder.isThere("\($0)/pages") } ?? false
  }

  static func readRenderer(_ settings: Settings) throws(ConfigurationProblem) -> MessageRenderer {
    do {
      let files = try settings.templatesDirectory.map { directory throws(TemplateProblem) in
        try MailTemplateFiles(directory: directory)
      }
      return MessageRenderer(templates: try MailTemplates(files ?? .embedded))
    } catch { throw ConfigurationProblem("templates.directory: \(error)") }
  }
}

/// The renderer in use; exchanged as a whole when templates are read anew.
struct ReloadableComposer: MessageComposer {
  let renderer: Reloadable<MessageRenderer>

  func compose(_ letter: Letter) throws(CompositionError) -> RenderedMail {
    try renderer.value.compose(letter)
  }
}

extension Assembly {
  /// Sees the database once before anything is served. One that is away or not migrated is waited
  /// for, not ready; one of 0.1.0 and a statement that cannot be prepared stop the start.
  func start() async throws {
    try await tryAccountQueries()
    do throws(DatabaseProblem) {
      try await readiness.database.refuseFormer()
      guard await readiness.check().allSatisfy({ $0.problem == nil }) else { return }
      try await readiness.database.prepareAll()
    } catch { throw CommandFailure(description: error.description) }
    if await readiness.database.servesAsOwner() {
      logger.warning(
        "serving as the owner of the schema; sql/roles.sql has roles with fewer rights")
    }
  }
}

extension Assembly {
  /// SIGHUP: keyring, caller keys and templates are read anew; what cannot be read stays as it was.
  func reloading() -> ReloadService {
    ReloadService(logger: logger) { [self] in
      // Each on its own: a broken template must not keep a removed key alive.
      [
        ("callers", { callerKeys.replace(with: try Self.readCallerKeys(settings)) }),
        ("keyring", { keyring.replace(with: try Self.readKeyring(settings)) }),
        ("pages", { pages.replace(with: try Self.readPages(settings, areOwn: hasOwnPages)) }),
        ("mails", { composer.renderer.replace(with: try Self.readRenderer(settings)) }),
      ]
    }
  }
}
