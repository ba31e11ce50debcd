internal import CCurl

/// One connection and the mail that is on it.
final class SMTPConnection {
  enum State {
    case opening(SMTPJob)
    case busy(SMTPJob, SMTPDialogue)
    /// Waits for this many replies that nobody needs, the last one to RSET.
    case resetting(outstanding: Int, until: ContinuousClock.Instant)
    case idle(until: ContinuousClock.Instant)
    case closed
  }

  /// What the pool counts by.
  enum Standing { case busy, idle, closed }

  let server: SMTPServerState
  let link: SMTPLink
  let idleLifetime: Duration
  var state: State
  var extensions: SMTPExtensions = []
  var reader = SMTPReplyReader()
  var writer = SMTPWriter()
  var mailsBefore = 0
  /// A mail that this connection gave back, until the pool takes it.
  var unsent: SMTPJob?
  /// When the step that the server has to answer began.
  var stepStart: ContinuousClock.Instant
  /// The pool's own note of what it has counted this connection as.
  var notedStanding = Standing.busy

  /// Opens a connection for `job`.
  init(
    for job: SMTPJob, _ now: ContinuousClock.Instant, idleLifetime: Duration
  ) throws(SMTPEndpoint.Obstacle) {
    link = try SMTPLink(job.mail.endpoint, timeout: job.mail.timeout)
    self.idleLifetime = idleLifetime
    server = job.server
    stepStart = now
    state = .opening(job)
  }

  var standing: Standing {
    switch state {
    case .opening, .busy, .resetting: .busy
    case .idle: .idle
    case .closed: .closed
    }
  }

  var isClosed: Bool { if case .closed = state { true } else { false } }

  /// Only meant while idle.
  var idleSince: ContinuousClock.Instant { stepStart }

  var job: SMTPJob? {
    switch state {
    case .opening(let job), .busy(let job, _): job
    default: nil
    }
  }

  /// When it wants to be looked at even if its socket stays silent.
  var wakeTime: ContinuousClock.Instant? {
    switch state {
    case .opening(let job):
      if let timer = link.timer { min(timer, deadline(job)) } else { deadline(job) }
    case .busy(let job, _): deadline(job)
    case .resetting(_, let until), .idle(let until): until
    case .closed: nil
    }
  }

  /// The mail's own deadline or the step's. After the final dot only the mail's: whoever gives up
  /// early there sends the mail twice.
  private func deadline(_ job: SMTPJob) -> ContinuousClock.Instant {
    var step = job.mail.stepTimeout
    switch state {
    case .opening where link.stage == .connect: step = min(step, SMTPLink.connectTimeout)
    case .busy(_, let dialogue) where dialogue.isMessageSent: step = job.mail.timeout
    default: break
    }
    let limit = stepStart + step
    return job.deadline.map { min($0, limit) } ?? limit
  }

  /// The sockets to wait for, with CURL_WAIT bits.
  func appendSockets(to descriptors: inout [curl_waitfd]) {
    if case .opening = state {
      for socket in link.sockets {
        descriptors.append(curl_waitfd(socket.descriptor, socket.events))
      }
    } else if let descriptor = link.descriptor {
      descriptors.append(
        curl_waitfd(descriptor, CURL_WAIT_POLLIN | (writer.isEmpty ? 0 : CURL_WAIT_POLLOUT)))
    }
  }

  /// Goes on after a wait. `ready` are the sockets of `appendSockets`, one of them ready.
  func advance(_ ready: ArraySlice<curl_waitfd>, _ now: ContinuousClock.Instant) {
    if case .opening(let job) = state {
      open(job, ready, now)
    } else {
      exchange(now)
    }
  }

  /// Ends what is under way; nothing is said to the server.
  func abandon(_ cause: String) {
    switch state {
    case .opening(let job): job.end(.transient(link.interruption(cause)))
    case .busy(let job, let dialogue): job.end(dialogue.interruption(cause))
    default: break
    }
    close(politely: false)
  }

  func takeUnsent() -> SMTPJob? {
    defer { unsent = nil }
    return unsent
  }

  func close(politely: Bool) {
    guard !isClosed else { return }
    state = .closed
    link.close(politely: politely)
  }

  private func open(
    _ job: SMTPJob, _ ready: ArraySlice<curl_waitfd>, _ now: ContinuousClock.Instant
  ) {
    let events = ready.compactMap { $0.isReady ? ($0.fd, $0.selectBits) : nil }
    let stage = link.stage
    switch link.open(events, now) {
    case .pending: if link.stage != stage { stepStart = now }
    case .failed(let failure):
      job.end(.transient(failure))
      close(politely: false)
    case .open(let extensions):
      self.extensions = extensions
      begin(job, now)
    }
  }

  /// Does what is due by the clock.
  func checkTime(_ now: ContinuousClock.Instant) {
    if case .opening(let job) = state, let timer = link.timer, timer <= now { open(job, [], now) }
    switch state {
    case .opening(let job):
      guard deadline(job) <= now else { return }
      job.end(.transient(link.timeout))
      close(politely: false)
    case .busy(let job, _): if deadline(job) <= now { abandon("timeout") }
    case .resetting(_, let until): if until <= now { close(politely: false) }
    case .idle(let until): if until <= now { close(politely: true) }
    case .closed: break
    }
  }
}
