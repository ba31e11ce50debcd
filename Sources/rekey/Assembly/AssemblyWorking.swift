import Accounts
import Cryptography
import Delivery
import Foundation
import Mailing
import PasswordReset
import ServiceLifecycle
import Storage
import Transfer
import Web

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
        link: { token in "\(base)/reset/verify?token=\(token)" }, lifetime: settings.lifetime,
        giveUpAfter: settings.giveUpAfter),
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

  private func transport(through loop: TransferLoop) throws(ConfigurationProblem)
    -> any MailTransport
  {
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
