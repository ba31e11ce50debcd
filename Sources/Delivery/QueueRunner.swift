import PasswordReset
import ServiceLifecycle
import Synchronization

/// One lane: claims messages ahead of their places, many at a time, and begins one for each place.
/// Claiming, sending and ending overlap.
final class LaneRunner<Entry: Gate>: Sendable {
  typealias Process =
    @Sendable (LaneRunner<Entry>, HeldMessage, Entry.Place) async -> Void

  private let lane: Lane
  private let outbox: any Outbox
  let gate: Entry
  private let lease: WholeDuration
  private let inHand: InHand
  private let now: @Sendable () -> ContinuousClock.Instant
  private let process: Process
  private let claiming = WakeSignal()
  private let starting: WakeSignal
  private let stock = Mutex(Stock())

  /// What is at hand.
  private struct Stock {
    var ready: [HeldMessage] = []
    /// False once a claim has come back with less than it asked for, until somebody says otherwise.
    var mayHaveMore = true
  }

  /// - Parameter places: told when one has become free.
  init(
    _ lane: Lane, outbox: any Outbox, gate: Entry, lease: WholeDuration, inHand: InHand,
    places: WakeSignal = WakeSignal(),
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, process: @escaping Process
  ) {
    self.lane = lane
    self.outbox = outbox
    self.gate = gate
    self.lease = lease
    self.inHand = inHand
    starting = places
    self.now = now
    self.process = process
  }

  /// Something may be due.
  func wake() {
    stock.withLock { $0.mayHaveMore = true }
    starting.send()
    claiming.send()
  }

  /// A place has become free.
  func goOn() { starting.send() }

  /// No more claims; `run` returns when what is in hand has ended.
  func finish() {
    claiming.finish()
    starting.finish()
  }

  func run() async {
    await withDiscardingTaskGroup { group in
      async let claims: Void = claimWhenWoken()
      await startWhenWoken(&group)
      // What a last claim brings has not begun either.
      await claims
      await release(stock.withLock { $0.ready })
    }
  }

  private var isEnding: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

  private func claimWhenWoken() async {
    for await _ in claiming.stream {
      while !isEnding, let wanted { await claim(atMost: wanted) }
    }
  }

  /// How many to claim: a claim is worth its commit when it brings several.
  private var wanted: Int? {
    // Read before the places: what begins in between is then missed rather than claimed twice, and
    // who began it looks again.
    let (count, mayHaveMore) = stock.withLock { ($0.ready.count, $0.mayHaveMore) }
    guard mayHaveMore else { return nil }
    let appetite = gate.appetite
    return count <= appetite / 2 && count < appetite ? appetite - count : nil
  }

  private func claim(atMost limit: Int) async {
    // Before the claim: a hint that comes meanwhile counts.
    stock.withLock { $0.mayHaveMore = false }
    let asked = now()
    // The store has said what went wrong, and the next look is the next try.
    guard let claimed = try? await outbox.claim(atMost: limit, from: lane) else { return }
    let messages = claimed.map { HeldMessage($0, asked: asked, lease: lease) }
    inHand.add(messages)
    stock.withLock { stock in
      stock.ready.append(contentsOf: messages)
      if messages.count >= limit { stock.mayHaveMore = true }
    }
    if !messages.isEmpty { starting.send() }
  }

  private func startWhenWoken(_ group: inout DiscardingTaskGroup) async {
    for await _ in starting.stream {
      while !isEnding, let (message, place) = next() {
        group.addTask { await self.process(self, message, place) }
      }
      await releaseStale()
      if wanted != nil { claiming.send() }
    }
  }

  private func next() -> (HeldMessage, Entry.Place)? {
    stock.withLock { stock in
      guard !stock.ready.isEmpty, let place = gate.enter() else { return nil }
      return (stock.ready.removeFirst(), place)
    }
  }

  /// A suspect that is handed back unbegun is none any more, so it waits longer.
  private var patience: Duration { lane == .suspects ? .seconds(30) : .seconds(3) }

  /// Nothing is kept from others that has no place soon.
  private func releaseStale() async {
    let limit = now() - patience
    let stale = stock.withLock { stock in
      let stale = stock.ready.filter { $0.since < limit }
      if !stale.isEmpty { stock.ready.removeAll { $0.since < limit } }
      return stale
    }
    await release(stale)
  }

  private func release(_ messages: [HeldMessage]) async {
    await withDiscardingTaskGroup { group in
      for message in messages {
        group.addTask {
          _ = try? await self.outbox.finish(
            message.message, .released(after: WholeDuration(seconds: 0)), report: nil)
          self.inHand.remove(message)
        }
      }
    }
  }
}
