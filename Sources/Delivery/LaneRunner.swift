import PasswordReset
import ServiceLifecycle
import Synchronization

/// What messages need to begin, and how many more are wanted.
protocol Gate: Sendable {
  associatedtype Place: Sendable

  /// How many messages should be at hand, counting only those that have not begun.
  var appetite: Int { get }
  func enter() -> Place?
  func leave(_ place: Place)
}

extension TransportChain: Gate {}

/// Lets one through at a time, whatever lies behind it.
final class SingleFile<Behind: Gate>: Gate {
  private let behind: Behind
  private let isTaken = Mutex(false)

  init(_ behind: Behind) { self.behind = behind }

  var appetite: Int { isTaken.withLock { $0 } ? 0 : min(1, behind.appetite) }

  func enter() -> Behind.Place? {
    isTaken.withLock { isTaken in
      guard !isTaken, let place = behind.enter() else { return nil }
      isTaken = true
      return place
    }
  }

  func leave(_ place: Behind.Place) { behind.leave(place) }

  /// The message has ended, and not only left its place.
  func finish() { isTaken.withLock { $0 = false } }
}

/// So many at once.
final class Turnstile: Gate {
  private let width: Int
  private let taken = Mutex(0)

  init(width: Int) { self.width = width }

  var appetite: Int { width - taken.withLock { $0 } }

  func enter() -> Void? {
    taken.withLock { taken in
      guard taken < width else { return nil }
      taken += 1
      return ()
    }
  }

  func leave(_ place: Void) { taken.withLock { $0 -= 1 } }
}

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
  private let process: Process
  private let claiming = WakeSignal()
  private let starting = WakeSignal()
  private let stock = Mutex(Stock())

  /// What is at hand.
  private struct Stock {
    var ready: [HeldMessage] = []
    /// False once a claim has come back with less than it asked for, until somebody says otherwise.
    var mayHaveMore = true
  }

  init(
    _ lane: Lane, outbox: any Outbox, gate: Entry, lease: WholeDuration, inHand: InHand,
    process: @escaping Process
  ) {
    self.lane = lane
    self.outbox = outbox
    self.gate = gate
    self.lease = lease
    self.inHand = inHand
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
      group.addTask { await self.claimWhenWoken() }
      await startWhenWoken(&group)
      await release(stock.withLock { $0.ready })
    }
  }

  private func claimWhenWoken() async {
    for await _ in claiming.stream {
      while !Task.isShuttingDownGracefully, !Task.isCancelled {
        let wanted = gate.appetite - stock.withLock { $0.ready.count }
        guard wanted > 0, await claim(atMost: wanted) else { break }
      }
    }
  }

  /// Whether there may be more.
  private func claim(atMost limit: Int) async -> Bool {
    // Before the claim: a hint that comes meanwhile counts.
    stock.withLock { $0.mayHaveMore = false }
    let asked = ContinuousClock.now
    // The store has said what went wrong, and the next look is the next try.
    guard let claimed = try? await outbox.claim(atMost: limit, from: lane) else { return false }
    let messages = claimed.map { HeldMessage($0, asked: asked, lease: lease) }
    inHand.add(messages)
    let isFull = messages.count == limit
    stock.withLock { stock in
      stock.ready.append(contentsOf: messages)
      if isFull { stock.mayHaveMore = true }
    }
    if !messages.isEmpty { starting.send() }
    return isFull
  }

  private func startWhenWoken(_ group: inout DiscardingTaskGroup) async {
    for await _ in starting.stream {
      while let (message, place) = next() {
        group.addTask { await self.process(self, message, place) }
      }
      await releaseStale()
      if isLow { claiming.send() }
    }
  }

  private func next() -> (HeldMessage, Entry.Place)? {
    stock.withLock { stock in
      guard !stock.ready.isEmpty, let place = gate.enter() else { return nil }
      return (stock.ready.removeFirst(), place)
    }
  }

  /// A claim is worth its commit when it brings several.
  private var isLow: Bool {
    let (count, mayHaveMore) = stock.withLock { ($0.ready.count, $0.mayHaveMore) }
    return mayHaveMore && count <= gate.appetite / 2
  }

  /// Nothing is kept from others that has no place soon.
  private func releaseStale() async {
    let limit = ContinuousClock.now - .seconds(3)
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
