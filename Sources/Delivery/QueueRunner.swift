import PasswordReset
import ServiceLifecycle
import Synchronization

/// Takes the messages of a queue to their ends.
protocol MessageDelivery: Sendable {
  typealias Work = @Sendable () async -> Void

  /// How many messages should be at hand, counting only those that could begin.
  var demand: Int { get }
  func first(_ message: HeldMessage) -> Step
}

/// What is next for a message.
enum Step: Sendable {
  /// Somebody has to be asked first. What waits so holds up nobody: it is not at hand.
  case asks(@Sendable () async -> Step)
  /// It can begin: by work that takes it to its end, to be run once; nil while there is no permit.
  case ready(@Sendable () -> MessageDelivery.Work?)
  /// It ends by this, without a permit.
  case ends(MessageDelivery.Work)
}

/// One queue: claims messages ahead of their permits, many at a time, and begins one for each permit.
/// Claiming, asking, sending and ending overlap.
final class QueueRunner: Sendable {
  private let queue: OutboxQueue
  private let outbox: any Outbox
  private let delivery: any MessageDelivery
  private let limit: Int
  private let lease: WholeDuration
  private let held: HeldMessages
  private let now: @Sendable () -> ContinuousClock.Instant
  private let claiming = WakeSignal()
  /// Sent when a permit has come back.
  let starting = WakeSignal()
  private let buffer = Mutex(Buffer())

  private struct Ready {
    let message: HeldMessage
    let since: ContinuousClock.Instant
    let begin: @Sendable () -> MessageDelivery.Work?
  }

  private struct Buffer {
    /// What is at hand.
    var ready: [Ready] = []
    /// Claimed, and not at hand, for it cannot begin yet or at all.
    var apart: [(HeldMessage, Step)] = []
    var begun = 0
    var asking = 0
    var ending = 0
    /// How many to claim at least, after claims that brought nothing to hand.
    var least = 0
    /// False once a claim has come back with less than it asked for, until somebody says otherwise.
    var mayHaveMore = true
  }

  /// How many at most are claimed to find what can begin, and may be ending meanwhile.
  private static let most = 128

  /// - Parameter limit: at most so many begun at once, and as many asking.
  init(
    _ queue: OutboxQueue, outbox: any Outbox, delivery: any MessageDelivery, limit: Int = .max,
    lease: WholeDuration, held: HeldMessages,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.queue = queue
    self.outbox = outbox
    self.delivery = delivery
    self.limit = limit
    self.lease = lease
    self.held = held
    self.now = now
  }

  /// Something may be due.
  func wake() {
    buffer.withLock { $0.mayHaveMore = true }
    starting.send()
    claiming.send()
  }

  /// No more claims; `run` returns when what is held has ended.
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
      await releaseAll()
    }
    // What had its answer meanwhile.
    await releaseAll()
  }

  private var isEnding: Bool { Task.isShuttingDownGracefully || Task.isCancelled }
}

extension QueueRunner {
  private func claimWhenWoken() async {
    for await _ in claiming.stream {
      while !isEnding, let wanted { await claim(atMost: wanted) }
    }
  }

  /// How many to claim: a claim is worth its commit when it brings several.
  private var wanted: Int? {
    // Read before the permits: what begins in between is missed rather than claimed twice.
    let (count, room, isOpen, least) = buffer.withLock {
      ($0.ready.count, limit - $0.begun, $0.mayHaveMore && $0.ending < Self.most, $0.least)
    }
    guard isOpen else { return nil }
    let demand = min(room, delivery.demand)
    guard count <= demand / 2 && count < demand else { return nil }
    return min(limit, max(demand - count, least))
  }

  private func claim(atMost limit: Int) async {
    // Before the claim: a hint that comes meanwhile counts.
    buffer.withLock { $0.mayHaveMore = false }
    let asked = now()
    // The store has said what went wrong, and the next look is the next try.
    guard let claimed = try? await outbox.claim(atMost: limit, from: queue) else { return }
    let messages = claimed.map { HeldMessage($0, asked: asked, lease: lease) }
    held.add(messages)
    let steps = messages.map { ($0, delivery.first($0)) }
    buffer.withLock { buffer in
      let before = buffer.ready.count
      for (message, step) in steps {
        if case .ready(let begin) = step {
          buffer.ready.append(Ready(message: message, since: asked, begin: begin))
        } else {
          buffer.apart.append((message, step))
        }
      }
      let isFull = messages.count >= limit
      if isFull { buffer.mayHaveMore = true }
      // What cannot begin is passed by ever faster: behind it may stand what can.
      buffer.least = isFull && buffer.ready.count == before ? min(limit * 2, Self.most) : 0
    }
    if !messages.isEmpty { starting.send() }
  }
}

extension QueueRunner {
  private func startWhenWoken(_ group: inout DiscardingTaskGroup) async {
    for await _ in starting.stream {
      while !isEnding, let work = next() { group.addTask { await work() } }
      await releaseStale()
      if wanted != nil { claiming.send() }
    }
  }

  private func next() -> MessageDelivery.Work? {
    buffer.withLock { buffer in
      if !buffer.apart.isEmpty {
        let (message, step) = buffer.apart.removeFirst()
        return { await self.follow(message, step) }
      }
      guard buffer.begun < limit, let first = buffer.ready.first, let work = first.begin()
      else { return nil }
      buffer.ready.removeFirst()
      buffer.begun += 1
      return {
        await work()
        self.end(first.message)
      }
    }
  }

  private func end(_ message: HeldMessage) {
    held.remove(message)
    let wasFull = buffer.withLock { buffer in
      defer { buffer.begun -= 1 }
      return buffer.begun == limit
    }
    if wasFull { starting.send() }
  }

  /// Until the message is at hand, or has ended.
  private func follow(_ message: HeldMessage, _ first: Step) async {
    var step = first
    while case .asks(let ask) = step {
      let isIn = buffer.withLock { buffer in
        guard buffer.asking < limit else { return false }
        buffer.asking += 1
        return true
      }
      // As one that comes back it is no suspect any more, and takes no suspect's place.
      guard isIn else { return await release([message], after: 1) }
      step = await ask()
      buffer.withLock { $0.asking -= 1 }
    }
    switch step {
    case .ready where isEnding: await release([message])
    case .ready(let begin):
      buffer.withLock { $0.ready.append(Ready(message: message, since: now(), begin: begin)) }
      starting.send()
    case .asks: break
    case .ends(let end):
      buffer.withLock { $0.ending += 1 }
      await end()
      held.remove(message)
      buffer.withLock { $0.ending -= 1 }
      starting.send()
    }
  }
}

extension QueueRunner {
  /// A suspect that is handed back unbegun is none any more, so it waits longer.
  private var patience: Duration { queue == .suspects ? .seconds(30) : .seconds(3) }

  /// Nothing is kept from others that gets no permit soon.
  private func releaseStale() async {
    let limit = now() - patience
    let stale = buffer.withLock { buffer in
      let stale = buffer.ready.filter { $0.since < limit }
      if !stale.isEmpty { buffer.ready.removeAll { $0.since < limit } }
      return stale
    }
    await release(stale.map(\.message))
  }

  private func releaseAll() async {
    let messages = buffer.withLock { buffer in
      defer { (buffer.ready, buffer.apart) = ([], []) }
      return buffer.ready.map(\.message) + buffer.apart.map { $0.0 }
    }
    await release(messages)
  }

  private func release(_ messages: [HeldMessage], after seconds: Int64 = 0) async {
    await withDiscardingTaskGroup { group in
      for message in messages {
        group.addTask {
          _ = try? await self.outbox.finish(
            message.message, .released(after: WholeDuration(seconds: seconds)), report: nil)
          self.held.remove(message)
        }
      }
    }
  }
}
