import PasswordReset
import ServiceLifecycle
import Synchronization

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

/// Takes the messages of a queue to their ends.
protocol MessageDelivery: Sendable {
  typealias Work = @Sendable () async -> Void

  /// How many messages should be at hand, counting only those that have not begun.
  var demand: Int { get }
  /// What takes the message to its end, to be run once; nil where it cannot begin now.
  func begin(_ message: HeldMessage) -> Work?
}

/// One queue: claims messages ahead of their permits, many at a time, and begins one for each permit.
/// Claiming, sending and ending overlap.
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

  /// What is at hand.
  private struct Buffer {
    var ready: [HeldMessage] = []
    var begun = 0
    /// False once a claim has come back with less than it asked for, until somebody says otherwise.
    var mayHaveMore = true
  }

  /// - Parameter limit: messages between begin and end at once, whatever the delivery would take.
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
      await release(buffer.withLock { $0.ready })
    }
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
    // Read before the permits: what begins in between is then missed rather than claimed twice, and
    // who began it looks again.
    let (count, room, mayHaveMore) = buffer.withLock {
      ($0.ready.count, limit - $0.begun, $0.mayHaveMore)
    }
    guard mayHaveMore else { return nil }
    let demand = min(room, delivery.demand)
    return count <= demand / 2 && count < demand ? demand - count : nil
  }

  private func claim(atMost limit: Int) async {
    // Before the claim: a hint that comes meanwhile counts.
    buffer.withLock { $0.mayHaveMore = false }
    let asked = now()
    // The store has said what went wrong, and the next look is the next try.
    guard let claimed = try? await outbox.claim(atMost: limit, from: queue) else { return }
    let messages = claimed.map { HeldMessage($0, asked: asked, lease: lease) }
    held.add(messages)
    buffer.withLock { buffer in
      buffer.ready.append(contentsOf: messages)
      if messages.count >= limit { buffer.mayHaveMore = true }
    }
    if !messages.isEmpty { starting.send() }
  }
}

extension QueueRunner {
  private func startWhenWoken(_ group: inout DiscardingTaskGroup) async {
    for await _ in starting.stream {
      while !isEnding, let (message, work) = next() {
        group.addTask {
          await work()
          self.end(message)
        }
      }
      await releaseStale()
      if wanted != nil { claiming.send() }
    }
  }

  private func next() -> (HeldMessage, MessageDelivery.Work)? {
    buffer.withLock { buffer in
      guard buffer.begun < limit, let message = buffer.ready.first,
        let work = delivery.begin(message)
      else { return nil }
      buffer.ready.removeFirst()
      buffer.begun += 1
      return (message, work)
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
    await release(stale)
  }

  private func release(_ messages: [HeldMessage]) async {
    await withDiscardingTaskGroup { group in
      for message in messages {
        group.addTask {
          _ = try? await self.outbox.finish(
            message.message, .released(after: WholeDuration(seconds: 0)), report: nil)
          self.held.remove(message)
        }
      }
    }
  }
}
