public import PasswordReset
public import ServiceLifecycle

/// Outbox in, mail and events out. Looks when it is told that something is due, when a place becomes
/// free, and every second anyway: hints may be lost, polling is the truth.
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
  private let inHand = InHand()
  private let mail: LaneRunner<TransportChain>
  private let suspects: LaneRunner<SingleFile<TransportChain>>
  private let events: LaneRunner<Turnstile>

  public init(
    outbox: any Outbox, mail courier: MailCourier, events eventCourier: EventCourier,
    chain: TransportChain, signal: WakeSignal, rules: Rules
  ) {
    self.outbox = outbox
    self.signal = signal
    self.rules = rules
    let inHand = self.inHand
    // Mails and suspects share the places of the transports.
    let (mailPlaces, suspectPlaces) = (WakeSignal(), WakeSignal())
    let onLeft: @Sendable () -> Void = {
      mailPlaces.send()
      suspectPlaces.send()
    }
    mail = LaneRunner(
      .mail, outbox: outbox, gate: chain, lease: rules.lease, inHand: inHand, places: mailPlaces
    ) { _, message, place in
      await courier.deliver(message, at: place, onLeft: onLeft)
      inHand.remove(message)
    }
    suspects = LaneRunner(
      .suspects, outbox: outbox, gate: SingleFile(chain), lease: rules.lease, inHand: inHand,
      places: suspectPlaces
    ) { lane, message, place in
      await courier.deliver(message, at: place, onLeft: onLeft)
      inHand.remove(message)
      lane.gate.finish()
      lane.wake()
    }
    events = LaneRunner(
      .events, outbox: outbox, gate: Turnstile(width: rules.events), lease: rules.lease,
      inHand: inHand
    ) { lane, message, place in
      await eventCourier.deliver(message)
      inHand.remove(message)
      lane.gate.leave(place)
      lane.goOn()
    }
  }

  /// Ends after a graceful shutdown, when what is in hand has ended; cancelling hands it back.
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
        group.addTask { await repeating(every: .milliseconds(250)) { mail.goOn() } }
        group.addTask {
          await repeating(every: .milliseconds(rules.lease.seconds * 1000 / 3)) {
            await inHand.renew(in: outbox, lease: rules.lease)
          }
        }
        group.addTask { for await _ in signal.stream { mail.wake() } }
        await withDiscardingTaskGroup { lanes in
          lanes.addTask { await mail.run() }
          lanes.addTask { await suspects.run() }
          lanes.addTask { await events.run() }
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
