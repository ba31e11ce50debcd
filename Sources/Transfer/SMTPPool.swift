internal import CCurl

/// All mail of one loop: what waits, and the connections.
final class SMTPPool {
  private let limits: TransferLimits
  private var jobs: [UInt64: MailJob] = [:]
  private var queue = TurnQueue<SMTPEndpoint, MailJob>()
  /// Given back by dead connections; goes before the queue, into the room these have left.
  private var unsent: [MailJob] = []
  private var connections: [SMTPConnection] = []
  private var waits: [Range<Int>] = []

  init(_ limits: TransferLimits) { self.limits = limits }

  func submit(_ submission: MailSubmission) {
    let job = MailJob(submission) { [weak self] id in self?.jobs[id] = nil }
    jobs[job.id] = job
    queue.append(job, for: job.mail.endpoint)
  }

  func cancel(_ id: UInt64) {
    guard let job = jobs[id] else { return }
    if let connection = connections.first(where: { $0.job === job }) {
      connection.abandon("cancelled")
    } else {
      job.end(.transient(SMTPFailure(stage: .connect, cause: "cancelled")))
    }
  }

  func stop() {
    for connection in connections where connection.job != nil { connection.abandon("stopped") }
    for connection in connections { connection.close(politely: true) }
    for job in jobs.values {
      job.end(.transient(SMTPFailure(stage: .connect, cause: "stopped")))
    }
  }

  // MARK: Waiting

  var wakeTime: ContinuousClock.Instant? { connections.lazy.compactMap(\.wakeTime).min() }

  func appendSockets(to descriptors: inout [curl_waitfd]) {
    waits.removeAll(keepingCapacity: true)
    for connection in connections {
      let start = descriptors.count
      connection.appendSockets(to: &descriptors)
      waits.append(start..<descriptors.count)
    }
  }

  /// `ready` as filled by `appendSockets` and the wait.
  func advance(_ ready: [curl_waitfd], _ now: ContinuousClock.Instant) {
    for (connection, range) in zip(connections, waits) {
      connection.advance(ready[range], now)
    }
    collect()
  }

  /// Gives waiting mail to connections, opening them as the limits permit.
  func dispatch(_ now: ContinuousClock.Instant) {
    repeat {
      collect()
      let returned = unsent
      unsent = []
      for job in returned where !job.isEnded { open(for: job, now) }
      while let job = queue.next(where: canServe) { serve(job, now) }
      collect()
    } while !unsent.isEmpty
  }

  private func collect() {
    for connection in connections {
      if let job = connection.takeUnsent() { unsent.append(job) }
    }
    connections.removeAll(where: \.isClosed)
  }

  // MARK: Connections

  private func canServe(_ endpoint: SMTPEndpoint) -> Bool {
    idleConnection(to: endpoint) != nil || hasRoom(for: endpoint)
  }

  /// An idle connection elsewhere gives way.
  private func hasRoom(for endpoint: SMTPEndpoint) -> Bool {
    var total = 0
    var same = 0
    for connection in connections where !connection.isClosed {
      if connection.idleUntil == nil { total += 1 }
      if connection.endpoint == endpoint { same += 1 }
    }
    return same < limits.maxConnectionsPerHost && total < limits.maxConnections
  }

  private func serve(_ job: MailJob, _ now: ContinuousClock.Instant) {
    job.start(at: now)
    if let connection = idleConnection(to: job.mail.endpoint) {
      connection.begin(job, now)
    } else {
      open(for: job, now)
    }
  }

  private func open(for job: MailJob, _ now: ContinuousClock.Instant) {
    makeRoom(job.mail.endpoint)
    if let connection = SMTPConnection(for: job, idleLifetime: limits.idleLifetime) {
      connections.append(connection)
    } else {
      job.end(.transient(SMTPFailure(stage: .connect, cause: "local")))
    }
  }

  private func makeRoom(_ endpoint: SMTPEndpoint) {
    let open = connections.filter { !$0.isClosed }
    let same = open.filter { $0.endpoint == endpoint }
    if same.count >= limits.maxConnectionsPerHost {
      longestIdle(same)?.close(politely: true)
    } else if open.count >= limits.maxConnections {
      longestIdle(open)?.close(politely: true)
    }
  }

  private func longestIdle(_ connections: [SMTPConnection]) -> SMTPConnection? {
    let idle = connections.compactMap { connection in
      connection.idleUntil.map { (connection, $0) }
    }
    return idle.min { $0.1 < $1.1 }?.0
  }

  /// The one used last, so those too many grow old.
  private func idleConnection(to endpoint: SMTPEndpoint) -> SMTPConnection? {
    var best: (connection: SMTPConnection, until: ContinuousClock.Instant)?
    for connection in connections {
      guard let until = connection.idleUntil, best.map({ $0.until < until }) ?? true,
        connection.endpoint == endpoint
      else { continue }
      best = (connection, until)
    }
    return best?.connection
  }
}
