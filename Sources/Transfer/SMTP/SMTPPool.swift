internal import CCurl

/// All mail of one loop: what waits, and the connections.
///
/// What a mail or a reply costs does not grow with the number of connections, but for a look at
/// each one's place in the list that the system is asked to wait for.
final class SMTPPool {
  private let limits: TransferLimits
  private var jobs: [UInt64: SMTPJob] = [:]
  private var servers: [SMTPEndpoint: SMTPServerState] = [:]
  private var queue = RoundRobinQueue<SMTPServerState, SMTPJob>()
  /// Given back by dead connections; goes before the queue, into the room these have left.
  private var unsent: [SMTPJob] = []
  private var connections: [SMTPConnection] = []
  private var idleCount = 0
  private var waits: [Range<Int>] = []
  /// When to look at the clock of every connection; none has an earlier deadline.
  private(set) var wakeTime: ContinuousClock.Instant?

  init(_ limits: TransferLimits) { self.limits = limits }

  func submit(_ submission: SMTPSubmission) {
    let server = server(to: submission.mail.endpoint)
    server.mails += 1
    let job = SMTPJob(submission, server) { [weak self] job in self?.forget(job) }
    jobs[job.id] = job
    queue.append(job, for: server)
  }

  func cancel(_ id: UInt64) {
    guard let job = jobs[id] else { return }
    if let connection = connections.first(where: { $0.job === job }) {
      connection.abandon("cancelled")
      note(connection)
    } else {
      job.end(.transient(SMTPFailure(stage: .connect, cause: "cancelled")))
    }
  }

  func stop() {
    for connection in connections where connection.job != nil { connection.abandon("stopped") }
    for connection in connections { connection.close(politely: true) }
    for job in Array(jobs.values) {
      job.end(.transient(SMTPFailure(stage: .connect, cause: "stopped")))
    }
  }

  private func server(to endpoint: SMTPEndpoint) -> SMTPServerState {
    if let server = servers[endpoint] { return server }
    let server = SMTPServerState(endpoint)
    servers[endpoint] = server
    return server
  }

  private func forget(_ job: SMTPJob) {
    jobs[job.id] = nil
    job.server.mails -= 1
    drop(job.server)
  }

  private func drop(_ server: SMTPServerState) {
    if server.isUnused { servers[server.endpoint] = nil }
  }

  // MARK: Waiting

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
    var touched: [SMTPConnection] = []
    for (index, range) in waits.enumerated() where ready[range].contains(where: \.isReady) {
      connections[index].advance(ready[range], now)
      touched.append(connections[index])
    }
    for connection in touched { note(connection) }
    if let wakeTime, wakeTime <= now { checkTime(now) }
  }

  private func checkTime(_ now: ContinuousClock.Instant) {
    wakeTime = nil
    for connection in connections {
      connection.checkTime(now)
      note(connection)
    }
  }

  /// Gives waiting mail to connections, opening them as the limits permit.
  func dispatch(_ now: ContinuousClock.Instant) {
    repeat {
      let returned = unsent
      unsent = []
      for job in returned where !job.isEnded { open(for: job, now) }
      while let job = queue.next(where: canServe) { serve(job, now) }
    } while !unsent.isEmpty
  }

  /// Takes over what has become of a connection. Called after whatever can change one.
  private func note(_ connection: SMTPConnection) {
    if let job = connection.takeUnsent() { unsent.append(job) }
    if let time = connection.wakeTime, wakeTime.map({ time < $0 }) ?? true { wakeTime = time }
    let standing = connection.standing
    guard standing != connection.notedStanding else { return }
    let server = connection.server
    if connection.notedStanding == .idle {
      server.idle.removeAll { $0 === connection }
      idleCount -= 1
    }
    connection.notedStanding = standing
    switch standing {
    case .busy: break
    case .idle:
      server.idle.append(connection)
      idleCount += 1
    case .closed:
      connections.removeAll { $0 === connection }
      server.connections -= 1
      drop(server)
    }
  }

  // MARK: Connections

  /// An idle connection elsewhere gives way.
  private func canServe(_ server: SMTPServerState) -> Bool {
    !server.idle.isEmpty
      || server.connections < limits.maxConnectionsPerHost
        && connections.count - idleCount < limits.maxConnections
  }

  /// The connection used last, so those too many grow old.
  private func serve(_ job: SMTPJob, _ now: ContinuousClock.Instant) {
    job.start(at: now)
    guard let connection = job.server.idle.last else { return open(for: job, now) }
    connection.begin(job, now)
    note(connection)
  }

  private func open(for job: SMTPJob, _ now: ContinuousClock.Instant) {
    makeRoom(job.server)
    do throws(SMTPEndpoint.Obstacle) {
      let connection = try SMTPConnection(for: job, now, idleLifetime: limits.idleLifetime)
      connections.append(connection)
      job.server.connections += 1
      note(connection)
    } catch {
      job.end(.transient(error.failure))
    }
  }

  private func makeRoom(_ server: SMTPServerState) {
    if server.connections >= limits.maxConnectionsPerHost {
      close(server.idle.first)
    } else if connections.count >= limits.maxConnections {
      close(servers.values.compactMap(\.idle.first).min { $0.idleSince < $1.idleSince })
    }
  }

  private func close(_ connection: SMTPConnection?) {
    guard let connection else { return }
    connection.close(politely: true)
    note(connection)
  }
}
