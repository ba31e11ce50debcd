import Delivery
import Glibc
import Logging
import PasswordReset
import ServiceLifecycle
import Storage
import UnixSignals
import Web

/// What a process needs to be ready.
struct ProcessReadiness: Readiness {
  let database: DatabaseReadiness
  let keyring: @Sendable () -> Bool
  let transports: @Sendable () -> [TransportState]

  /// A mail server that is away makes nobody unready: requests are taken as always.
  func check() async -> [ReadinessCheck] {
    let states = transports()
    let detail = states.map { "\($0.transport) \($0.state.rawValue)" }.joined(separator: ", ")
    return await database.check() + [
      ReadinessCheck(name: "keyring", problem: keyring() ? nil : "not readable")
    ] + (states.isEmpty ? [] : [ReadinessCheck(name: "transports", problem: nil, detail: detail)])
  }
}

/// Looks at the database now and then, so that a process which started before its database, or
/// before its migration, begins to serve by itself, and its clock stays the database's.
struct DatabaseWatch: Service {
  let readiness: ProcessReadiness
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var last: [ReadinessCheck]?
      while !Task.isCancelled {
        let problems = await readiness.check().filter { $0.problem != nil }
        if last != problems { log(problems) }
        last = problems
        // A clock's tick: a database that comes back does not call.
        try? await Task.sleep(for: problems.isEmpty ? .seconds(10) : .milliseconds(500))
      }
    }
  }

  private func log(_ problems: [ReadinessCheck]) {
    guard !problems.isEmpty else { return logger.notice("ready") }
    for check in problems {
      logger.error(
        "not ready", metadata: ["check": "\(check.name)", "problem": "\(check.problem ?? "")"])
    }
  }
}

/// Hears the hints of other processes for as long as the worker works.
struct HintService: Service {
  let database: Database
  let signal: WakeSignal

  func run() async throws {
    let listener = try WorkerHintListener(database) { [signal] in signal.send() }
    try? await gracefulShutdown()
    await listener.stop()
  }
}

/// SIGHUP reloads.
struct ReloadService: Service {
  let logger: Logger
  typealias Part = (name: String, reload: @Sendable () throws -> Void)

  let parts: @Sendable () -> [Part]

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    for await _ in signals.cancelOnGracefulShutdown() {
      for part in parts() { reload(part) }
    }
  }

  private func reload(_ part: Part) {
    do {
      try part.reload()
      logger.notice("reloaded", metadata: ["part": "\(part.name)"])
    } catch {
      logger.error(
        "not reloaded, what was there stays in use",
        metadata: ["part": "\(part.name)", "error": "\(error)"])
    }
  }
}

/// Runs services until SIGTERM or SIGINT: new work is refused, what is in hand ends or is handed
/// back, exit 0.
enum Process {
  static let grace: Duration = .seconds(20)

  static func run(_ services: [any Service], logger: Logger) async throws {
    var quiet = logger
    quiet.logLevel = max(.warning, logger.logLevel)
    var configuration = ServiceGroupConfiguration(
      services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
      logger: quiet)
    configuration.maximumGracefulShutdownDuration = grace
    configuration.maximumCancellationDuration = .seconds(5)
    do { try await ServiceGroup(configuration: configuration).run() } catch let problem
      as Listener.NotBound
    { throw CommandFailure(description: problem.description) }
    logger.notice("stopped")
  }
}
