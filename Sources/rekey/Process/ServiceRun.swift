import Logging
import ServiceLifecycle
import UnixSignals
import Web

/// Runs services until SIGTERM or SIGINT: new work is refused, what is in hand ends or is handed
/// back, exit 0.
enum ServiceRun {
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
