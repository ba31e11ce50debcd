public import Logging
public import ServiceLifecycle

/// Does what has to be done now and then, at the start and every so often: taking away what has had
/// its time.
public struct Upkeep: Service {
  private let name: String
  private let interval: Duration
  private let logger: Logger
  private let work: @Sendable () async throws -> Int

  /// - Parameters:
  ///   - name: what the log says when there was something to do.
  ///   - work: returns how much there was to do.
  public init(
    _ name: String, every interval: Duration = .seconds(600), logger: Logger,
    work: @escaping @Sendable () async throws -> Int
  ) {
    self.name = name
    self.interval = interval
    self.logger = logger
    self.work = work
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        let isDone = await runOnce()
        // A clock's tick: upkeep is due by time alone.
        try? await Task.sleep(for: isDone ? interval : .seconds(2))
      }
    }
  }

  /// False where it has to be tried again soon.
  private func runOnce() async -> Bool {
    do {
      let done = try await work()
      if done > 0 { logger.info("\(name)", metadata: ["count": "\(done)"]) }
      return true
    } catch {
      logger.warning("not done yet: \(name)", metadata: ["error": "\(error)"])
      return false
    }
  }
}
