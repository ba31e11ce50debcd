import PasswordReset

/// A row of `outbox`.
struct MemoryMessage {
  let id: RequestID
  let requestID: RequestID
  var kind: MessageKind
  var runAt: Timestamp
  let queuedAt: Timestamp
  var attempt = 0
  var failures = 0
  var lost = 0
  var leasedUntil: Timestamp?
  var deadAt: Timestamp?
  var event: EventType?
  var cause: String?

  init(id: RequestID, requestID: RequestID, kind: MessageKind, at now: Timestamp) {
    self.id = id
    self.requestID = requestID
    self.kind = kind
    runAt = now
    queuedAt = now
  }

  func waits(in queue: OutboxQueue) -> Bool {
    guard deadAt == nil else { return false }
    return switch queue {
    case .mail: kind != .event && leasedUntil == nil
    case .suspects: kind != .event && leasedUntil != nil
    case .events: kind == .event
    }
  }

  /// Whether it ends with its request: consumed or revoked, or given up by its age.
  var countsFromRequest: Bool { kind == .link || kind == .noAccount }
}

extension MemoryStore.State {
  /// Queues a message that is due at once.
  mutating func queue(
    _ kind: MessageKind, for request: RequestID, event: EventType? = nil, cause: String? = nil
  ) {
    let random = (0..<10).map { _ in UInt8.random(in: 0...255) }
    let id = RequestID(at: now, random: random) ?? .lowest(at: now)
    var message = MemoryMessage(id: id, requestID: request, kind: kind, at: now)
    message.event = event
    message.cause = cause
    messages[id] = message
  }

  mutating func tell(_ event: EventType, of request: RequestID, cause: String? = nil) {
    queue(.event, for: request, event: event, cause: cause)
  }
}

extension EventSubscribers {
  func contains(_ caller: String) -> Bool { exceptions.contains(caller) != common }
}
