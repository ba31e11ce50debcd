public import Logging
public import ServiceLifecycle

/// Does what has to be done now and then, at the start and every so often: here, making day
/// partitions ahead of the days.
public struct Janitor: Service {
  private let interval: Duration
  private let logger: Logger
  private let chore: @Sendable () async throws -> Int

  /// - Parameter chore: returns how much there was to do.
  public init(
    every interval: Duration = .seconds(600), logger: Logger,
    chore: @escaping @Sendable () async throws -> Int
  ) {
    self.interval = interval
    self.logger = logger
    self.chore = chore
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        let isDone = await runOnce()
        try? await Task.sleep(for: isDone ? interval : .seconds(2))
      }
    }
  }

  /// False where it has to be tried again soon.
  private func runOnce() async -> Bool {
    do {
      let done = try await chore()
      if done > 0 { logger.info("partitions made", metadata: ["count": "\(done)"]) }
      return true
    } catch {
      logger.warning("partitions not made yet", metadata: ["error": "\(error)"])
      return false
    }
  }
}
