public import PasswordReset
public import ServiceLifecycle

/// Wakes somebody who looks for something to do. Many wakings before it looks are one.
public struct WakeSignal: Sendable {
  let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  public init() {
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  public func send() { continuation.yield() }

  /// No more waking: the loop of who looks ends.
  public func finish() { continuation.finish() }
}

/// Outbox in, mail and events out. Looks when it is told that something is due, when a permit comes
/// back, and every second anyway: hints may be lost, polling is the truth.
public struct DeliveryWorker: Service {
  public struct Rules: Sendable {
    /// Events on the way at once.
    public var events: Int
    /// Renewed when a third of it has passed.
    public var lease: WholeDuration
    public var pollInterval: Duration

    public init(events: Int, lease: WholeDuration, pollInterval: Duration = .seconds(1)) {
      self.events = events
      self.lease = lease
      self.pollInterval = pollInterval
    }
  }

  private let outbox: any Outbox
  private let signal: WakeSignal
  private let rules: Rules
  private let held = HeldMessages()
  private let mail: QueueRunner
  private let suspects: QueueRunner
  private let events: QueueRunner

  public init(
    outbox: any Outbox, mail: MailDelivery, events: EventDelivery, signal: WakeSignal,
    rules: Rules
  ) {
    self.outbox = outbox
    self.signal = signal
    self.rules = rules
    let held = self.held
    func runner(
      of queue: OutboxQueue, _ delivery: any MessageDelivery, limit: Int = .max
    ) -> QueueRunner {
      QueueRunner(
        queue, outbox: outbox, delivery: delivery, limit: limit, lease: rules.lease, held: held)
    }
    self.mail = runner(of: .mail, mail)
    suspects = runner(of: .suspects, mail, limit: 1)
    self.events = runner(of: .events, events, limit: rules.events)
    // Mails and suspects share the permits of the transports.
    mail.permits.wake(self.mail.starting, suspects.starting)
  }

  /// Ends after a graceful shutdown, when what it holds has ended; cancelling hands it back.
  public func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          await repeating(every: rules.pollInterval) {
            mail.wake()
            suspects.wake()
            events.wake()
          }
        }
        // A transport that has stopped answering is noticed by looking.
        group.addTask { await repeating(every: .milliseconds(250)) { mail.starting.send() } }
        group.addTask {
          await repeating(every: .milliseconds(rules.lease.seconds * 1000 / 3)) {
            await held.renew(in: outbox, lease: rules.lease)
          }
        }
        group.addTask { for await _ in signal.stream { mail.wake() } }
        await withDiscardingTaskGroup { queues in
          queues.addTask { await mail.run() }
          queues.addTask { await suspects.run() }
          queues.addTask { await events.run() }
        }
        group.cancelAll()
      }
    } onGracefulShutdown: {
      signal.finish()
      mail.finish()
      suspects.finish()
      events.finish()
    }
  }

  private func repeating(every interval: Duration, _ action: () async -> Void) async {
    while !Task.isCancelled {
      await action()
      // A clock's tick; what is due in the database is found by looking.
      try? await Task.sleep(for: interval)
    }
  }
}
