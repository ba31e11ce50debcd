public import Logging
public import PasswordReset
public import ServiceLifecycle

/// Does what has to be done beside the sending, now and then: ends messages whose time is over while
/// nobody could send them, and writes down how the transports and the directories fare.
public struct OutboxExpiry: Service {
  /// Messages that one look takes.
  private static let batch = 500

  private let outbox: any Outbox
  private let states: @Sendable () -> [TransportState]
  private let subscribers: @Sendable () -> EventSubscribers
  private let tell: @Sendable ([TransportState]) async throws -> Void
  private let interval: Duration
  private let logger: Logger

  public init(
    outbox: any Outbox, states: @escaping @Sendable () -> [TransportState],
    subscribers: @escaping @Sendable () -> EventSubscribers,
    tell: @escaping @Sendable ([TransportState]) async throws -> Void,
    every interval: Duration = .seconds(5), logger: Logger
  ) {
    self.outbox = outbox
    self.states = states
    self.subscribers = subscribers
    self.tell = tell
    self.interval = interval
    self.logger = logger
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await expire()
        // The store has said what went wrong.
        try? await tell(states())
        // A clock's tick: messages expire by time alone.
        try? await Task.sleep(for: interval)
      }
    }
  }

  private func expire() async {
    var total = 0
    while !Task.isCancelled,
      let ended = try? await outbox.expire(atMost: Self.batch, reports: subscribers()), ended > 0
    {
      total += ended
    }
    if total > 0 { logger.warning("messages expired", metadata: ["count": "\(total)"]) }
  }
}
