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
  private let lease: WholeDuration
  private let pollInterval: Duration
  private let logger: Logger
  private let inHand = InHand()

  /// - Parameters:
  ///   - concurrency: messages in hand at once.
  ///   - lease: renewed when a third of it has passed.
  public init(
    outbox: any Outbox, courier: Courier, signal: WakeSignal, concurrency: Int,
    lease: WholeDuration, pollInterval: Duration = .seconds(1), logger: Logger
  ) {
    self.outbox = outbox
    self.courier = courier
    self.signal = signal
    self.concurrency = concurrency
    self.lease = lease
    self.pollInterval = pollInterval
    self.logger = logger
  }

  /// Ends after a graceful shutdown, when what is in hand has ended; cancelling hands it back.
  public func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await repeating(every: pollInterval) { signal.send() } }
        group.addTask {
          await repeating(every: .milliseconds(lease.seconds * 1000 / 3)) { await renew() }
        }
        await work()
        group.cancelAll()
      }
    } onGracefulShutdown: {
      signal.finish()
    }
  }

  private func repeating(every interval: Duration, _ action: () async -> Void) async {
    while !Task.isCancelled {
      await action()
      try? await Task.sleep(for: interval)
    }
  }

  private func work() async {
    await withDiscardingTaskGroup { group in
      for await _ in signal.stream {
        while !Task.isShuttingDownGracefully {
          let free = concurrency - inHand.messages.count
          guard free > 0 else { break }
          let messages = await claim(atMost: free)
          for message in messages {
            inHand.add(message)
            group.addTask {
              await courier.deliver(message)
              inHand.remove(message)
              signal.send()
            }
          }
          if messages.count < free { break }
        }
      }
    }
  }

  // In both, the store has said what went wrong, and the next look is the next try.

  private func claim(atMost limit: Int) async -> [ClaimedMessage] {
    (try? await outbox.claim(atMost: limit)) ?? []
  }

  private func renew() async {
    let messages = inHand.messages
    if !messages.isEmpty { try? await outbox.renew(messages) }
  }
}

/// The messages that are being worked on.
private final class InHand: Sendable {
  private let held = Mutex<[RequestID: ClaimedMessage]>([:])

  var messages: [ClaimedMessage] { held.withLock { Array($0.values) } }

  func add(_ message: ClaimedMessage) { held.withLock { $0[message.id] = message } }

  func remove(_ message: ClaimedMessage) {
    held.withLock { held in
      // A later attempt of the same message may be in hand here already.
      if held[message.id]?.attempt == message.attempt { held[message.id] = nil }
    }
  }
}
