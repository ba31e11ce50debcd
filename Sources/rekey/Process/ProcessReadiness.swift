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

/// Hears for as long as requests are served that limits were taken back by hand.
struct LimitResetService: Service {
  let database: Database
  let refusals: KnownRefusals

  func run() async throws {
    let listener = try LimitResetListener(database, refusals)
    try? await gracefulShutdown()
    await listener.stop()
  }
}
