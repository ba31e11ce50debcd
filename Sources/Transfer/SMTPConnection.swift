internal import CCurl

/// One connection and the mail that is on it.
final class SMTPConnection {
  enum State {
    case opening(MailJob)
    case busy(MailJob, SMTPDialogue)
    /// Waits for this many replies that nobody needs, the last one to RSET.
    case resetting(outstanding: Int, until: ContinuousClock.Instant)
    case idle(until: ContinuousClock.Instant)
    case closed
  }

  let endpoint: SMTPEndpoint
  let link: SMTPLink
  let idleLifetime: Duration
  var state: State
  var extensions: SMTPExtensions = []
  var reader = SMTPReplyReader()
  var writer = SMTPWriter()
  var mailsBefore = 0
  /// A mail that this connection gave back, until the pool takes it.
  var unsent: MailJob?

  /// Opens a connection for `job`. Nil if the system gives no handle.
  init?(for job: MailJob, idleLifetime: Duration) {
    guard let link = SMTPLink(job.mail.endpoint, timeout: job.mail.timeout) else { return nil }
    self.link = link
    self.idleLifetime = idleLifetime
    endpoint = job.mail.endpoint
    state = .opening(job)
  }

  var isClosed: Bool { if case .closed = state { true } else { false } }

  /// When it became idle plus its lifetime, if it is idle.
  var idleUntil: ContinuousClock.Instant? {
    if case .idle(let until) = state { until } else { nil }
  }

  var job: MailJob? {
    switch state {
    case .opening(let job), .busy(let job, _): job
    default: nil
    }
  }

  /// When it wants to be looked at even if its socket stays silent.
  var wakeTime: ContinuousClock.Instant? {
    switch state {
    case .opening(let job): [job.deadline, link.timer].compactMap(\.self).min()
    case .busy(let job, _): job.deadline
    case .resetting(_, let until), .idle(let until): until
    case .closed: nil
    }
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

  /// Goes on after a wait. `ready` are the sockets of `appendSockets` on which something happened.
  func advance(_ ready: ArraySlice<curl_waitfd>, _ now: ContinuousClock.Instant) {
    if case .opening(let job) = state {
      open(job, ready, now)
    } else if ready.contains(where: { $0.revents != 0 }) {
      exchange(now)
    }
    checkTime(now)
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

  func takeUnsent() -> MailJob? {
    defer { unsent = nil }
    return unsent
  }

  func close(politely: Bool) {
    guard !isClosed else { return }
    state = .closed
    link.close(politely: politely)
  }

  private func open(
    _ job: MailJob, _ ready: ArraySlice<curl_waitfd>, _ now: ContinuousClock.Instant
  ) {
    let events = ready.compactMap { $0.revents == 0 ? nil : ($0.fd, $0.selectBits) }
    switch link.open(events, now) {
    case .pending: break
    case .failed(let failure):
      job.end(.transient(failure))
      close(politely: false)
    case .open(let extensions):
      self.extensions = extensions
      begin(job, now)
    }
  }

  private func checkTime(_ now: ContinuousClock.Instant) {
    switch state {
    case .opening(let job):
      guard let deadline = job.deadline, deadline <= now else { return }
      job.end(.transient(link.timeout))
      close(politely: false)
    case .busy(let job, _):
      if let deadline = job.deadline, deadline <= now { abandon("timeout") }
    case .resetting(_, let until): if until <= now { close(politely: false) }
    case .idle(let until): if until <= now { close(politely: true) }
    case .closed: break
    }
  }
}
