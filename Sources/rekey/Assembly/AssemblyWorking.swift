import Cryptography
import Delivery
import Formats
import Mailing
import PasswordReset
import ServiceLifecycle
import Storage
import Web

extension Assembly {
  func working() throws -> [any Service] {
    let outbox = StoredOutbox(
      database,
      settings: .init(
        lease: settings.lease, lifetime: settings.lifetime, giveUpAfter: giveUp))
    let chain = try makeChain()
    let directories = try makeDirectories()
    states.replace { chain.states + directories.all.map(\.state) }
    let upkeep = OutboxUpkeep(database)
    guard let worker = RequestID(bytes: try SecureRandom.bytes(16)) else {
      throw CommandFailure(description: "no random bytes")
    }
    return [
      Upkeep("outbox tended", every: .seconds(3600), logger: logger) { try await upkeep.tend() },
      OutboxExpiry(
        outbox: outbox, states: states.value, subscribers: subscribers,
        tell: { try await upkeep.tell($0, of: worker) }, logger: logger),
      DeliveryWorker(
        outbox: outbox, mail: try mailDelivery(outbox, chain, directories),
        events: try eventDelivery(outbox),
        signal: signal, rules: .init(events: eventWidth, lease: settings.lease)),
    ]
  }

  /// A worker on its own: hears hints, serves only its health. Behind a pooler there are no hints.
  func workingAlone(
    onBound: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws -> [any Service] {
    let place = settings.listenInternal
    let hints: [any Service] =
      settings.isBehindPooler ? [] : [HintService(database: database, signal: signal)]
    return try [watch, reloading()] + hints + working() + [
      Listener.health(
        HealthSurface(readiness: readiness), callers: callers, host: place.host.text,
        port: Int(place.port ?? 0), logger: logger, onBound: onBound)
    ]
  }

  private var giveUp: GiveUp {
    GiveUp(link: settings.giveUpAfter, event: settings.eventsGiveUpAfter)
  }

  /// Events are few, and there is one app or a handful.
  private var eventWidth: Int { min(10, settings.concurrency) }

  private func mailDelivery(
    _ outbox: StoredOutbox, _ chain: TransportChain, _ directories: PerCaller<QueuedDirectory>
  ) throws -> MailDelivery {
    let base = try settings.require(settings.publicURL, ConfigurationKey.publicURL).text
    let requests = StoredRequests(database)
    return MailDelivery(
      MailParts(
        outbox: outbox, suppressions: suppressions, suppressor: suppressor,
        vault: vault, callers: callers, directory: { directories[$0.name] }, composer: composer,
        chain: chain, link: { token in "\(base)/reset/verify?token=\(token)" },
        lifetime: settings.lifetime, giveUp: giveUp, poisonAfter: settings.poisonAfter,
        refusal: { id throws(ResetError) in try await requests.find(id)?.refusal }),
      logger: logger)
  }

  private func makeChain() throws(ConfigurationProblem) -> TransportChain {
    guard !settings.transports.isEmpty else { throw .missing(ConfigurationKey.mailTransports) }
    let context = TransportContext(
      ehloName: ehloName, smtpUTF8: settings.addresses.smtpUTF8,
      mayReachPrivate: settings.mayReachPrivate, hash: SHA256.hash(chunks:),
      clock: database.time, through: loop)
    var links: [TransportChain.Link] = []
    for (index, url) in settings.transports.enumerated() {
      let name = "\(index + 1)-\(url.scheme)"
      do throws(MailingError) {
        links.append(TransportChain.Link(name: name, transport: try url.transport(context)))
      } catch { throw ConfigurationProblem("mail.transports: \(name): \(error)") }
    }
    return TransportChain(links, width: settings.concurrency, logger: logger)
  }

  /// Receivers write it into every mail, so it is the public name and never the host's own.
  private var ehloName: String {
    let host = settings.publicURL?.url.host
    return host.flatMap { $0.isIPv6 ? nil : $0.text } ?? "localhost"
  }

  private func eventDelivery(_ outbox: StoredOutbox) throws -> EventDelivery {
    let transports = try PerCaller(settings) { choices, _ in try eventTransport(choices.events) }
    return EventDelivery(
      EventDelivery.Parts(
        outbox: outbox, vault: vault,
        transport: { transports[$0] }, giveUp: giveUp,
        width: max(1, eventWidth / 2), poisonAfter: settings.poisonAfter),
      logger: logger)
  }

  private func eventTransport(
    _ choice: EventsChoice?
  ) throws(ConfigurationProblem) -> (any EventTransport)? {
    guard let choice else { return nil }
    return EventWebhook(
      choice.url,
      secrets: try Self.webhookSecrets(choice.secretFile, ConfigurationKey.eventsSecretFile),
      clock: database.time, through: loop)
  }

  static func webhookSecrets(
    _ path: String, _ key: ConfigurationKey
  ) throws(ConfigurationProblem) -> WebhookSecrets {
    let text = try KeyFile.read(path, key)
    do { return try WebhookSecrets(file: text) } catch {
      throw ConfigurationProblem("\(key.name): \(path) \(error)")
    }
  }
}
