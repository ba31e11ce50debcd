public import Logging
public import PasswordReset
public import ServiceLifecycle
import Synchronization

/// Outbox in, mail out. Looks when it is told that something is due, when a place becomes free, and
/// every second anyway: hints may be lost, polling is the truth.
public struct DeliveryWorker: Service {
  private let outbox: any Outbox
  private let courier: Courier
  private let signal: WakeSignal
  private let concurrency: Int
  private let pollInterval: Duration
  private let logger: Logger

  /// - Parameter concurrency: messages in hand at once.
  public init(
    outbox: any Outbox, courier: Courier, signal: WakeSignal, concurrency: Int,
    pollInterval: Duration = .seconds(1), logger: Logger
  ) {
    self.outbox = outbox
    self.courier = courier
    self.signal = signal
    self.concurrency = concurrency
    self.pollInterval = pollInterval
    self.logger = logger
  }

  /// Ends after a graceful shutdown, when what is in hand has ended; cancelling hands it back.
  public func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await poll() }
        await work()
        group.cancelAll()
      }
    } onGracefulShutdown: {
      signal.finish()
    }
  }

  private func poll() async {
    while !Task.isCancelled {
      signal.send()
      try? await Task.sleep(for: pollInterval)
    }
  }

  private func work() async {
    let inHand = InHand()
    await withDiscardingTaskGroup { group in
      for await _ in signal.stream {
        while true {
          let free = concurrency - inHand.count
          guard free > 0 else { break }
          let messages = await claim(atMost: free)
          for message in messages {
            inHand.change(by: 1)
            group.addTask {
              await courier.deliver(message)
              inHand.change(by: -1)
              signal.send()
            }
          }
          if messages.count < free { break }
        }
      }
    }
  }

  private func claim(atMost limit: Int) async -> [ClaimedMessage] {
    // The store has said what went wrong; the next look is the next try.
    (try? await outbox.claim(atMost: limit)) ?? []
  }
}

/// How many messages are being worked on.
private final class InHand: Sendable {
  private let value = Mutex(0)

  var count: Int { value.withLock { $0 } }

  func change(by difference: Int) { value.withLock { $0 += difference } }
}
