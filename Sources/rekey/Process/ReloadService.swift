import Logging
import ServiceLifecycle
import UnixSignals

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
