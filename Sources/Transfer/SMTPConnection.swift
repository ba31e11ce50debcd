internal import CCurl

/// One connection and the mail that is on it.
final class SMTPConnection {
  private enum State {
    case opening(MailJob)
    case busy(MailJob, SMTPDialogue)
    /// Waits for this many replies that nobody needs, the last one to RSET.
    case resetting(outstanding: Int, until: ContinuousClock.Instant)
    case idle(until: ContinuousClock.Instant)
    case closed
  }

  let endpoint: SMTPEndpoint
  private let link: SMTPLink
  private let idleLifetime: Duration
  private var state: State
  private var extensions: SMTPExtensions = []
  private var reader = SMTPReplyReader()
  private var writer = SMTPWriter()
  private var mailsBefore = 0

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

  /// Takes the next mail; only while idle.
  func take(_ job: MailJob, _ now: ContinuousClock.Instant) {
    begin(job, now)
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

  func close(politely: Bool) {
    guard !isClosed else { return }
    state = .closed
    link.close(politely: politely)
  }

  // MARK: Opening

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

  private func begin(_ job: MailJob, _ now: ContinuousClock.Instant) {
    if job.mail.needsSMTPUTF8, !extensions.contains(.utf8) {
      job.end(.permanent(SMTPFailure(stage: .mail, cause: "smtputf8_not_offered")))
      state = .idle(until: now + idleLifetime)
      return
    }
    let (dialogue, bytes) = SMTPDialogue.begin(job.mail, extensions)
    state = .busy(job, dialogue)
    writer.append(bytes)
    if !flush() { lose() }
  }

  // MARK: The transaction

  private func exchange(_ now: ContinuousClock.Instant) {
    let isWritable = flush()
    receive(now)
    if !isClosed, !isWritable { lose() }
  }

  /// False if the connection is broken.
  private func flush() -> Bool {
    guard writer.flush(to: link) else { return false }
    if writer.takeMessageIsSent(), case .busy(let job, var dialogue) = state {
      dialogue.messageIsSent()
      state = .busy(job, dialogue)
    }
    return true
  }

  private func receive(_ now: ContinuousClock.Instant) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !isClosed {
      switch link.receive(into: &buffer) {
      case .blocked: return
      case .broken: return lose()
      case .bytes(let count): read(buffer[..<count], now)
      }
    }
  }

  private func read(_ bytes: ArraySlice<UInt8>, _ now: ContinuousClock.Instant) {
    do throws(SMTPReplyReader.Fault) {
      for byte in bytes {
        guard let reply = try reader.read(byte) else { continue }
        handle(reply, now)
        if isClosed { return }
      }
    } catch {
      abandon(error.rawValue)
    }
  }

  private func handle(_ reply: SMTPReply, _ now: ContinuousClock.Instant) {
    switch state {
    case .busy(let job, var dialogue):
      if reply.code == 421, retry(job, dialogue) { return }
      let step = dialogue.receive(reply)
      state = .busy(job, dialogue)
      take(step, job, now)
    case .resetting(let outstanding, let until):
      reset(reply, outstanding, until, now)
    // A server that speaks unasked is going away, most often with 421.
    case .idle, .opening, .closed: close(politely: false)
    }
  }

  private func take(_ step: SMTPDialogue.Step, _ job: MailJob, _ now: ContinuousClock.Instant) {
    switch step {
    case .wait: return
    case .send(let bytes): writer.append(bytes)
    case .sendMessage: writer.append(SMTPBody(job.mail.message))
    case .end(let result, let afterwards):
      mailsBefore += 1
      settle(afterwards, now)
      job.end(result)
      return
    }
    if !flush() { lose() }
  }

  private func settle(_ afterwards: SMTPDialogue.Afterwards, _ now: ContinuousClock.Instant) {
    switch afterwards {
    // In the middle of a message even QUIT would be part of it.
    case .close: close(politely: writer.isEmpty)
    case .keep: state = .idle(until: now + idleLifetime)
    case .reset(let outstanding):
      writer.append(Array("RSET\r\n".utf8))
      state = .resetting(outstanding: outstanding + 1, until: now + .seconds(10))
      if !flush() { close(politely: false) }
    }
  }

  /// 354 among the replies: the server has taken RSET for the message, and must not see an end.
  private func reset(
    _ reply: SMTPReply, _ outstanding: Int, _ until: ContinuousClock.Instant,
    _ now: ContinuousClock.Instant
  ) {
    if reply.code == 354 || reply.code == 421 || outstanding == 1 && !reply.isPositive {
      close(politely: false)
    } else if outstanding == 1 {
      state = .idle(until: now + idleLifetime)
    } else {
      state = .resetting(outstanding: outstanding - 1, until: until)
    }
  }

  // MARK: Losing it

  /// The connection has ended without a word.
  private func lose() {
    if case .busy(let job, let dialogue) = state, retry(job, dialogue) { return }
    abandon("connection_lost")
  }

  /// A kept connection that was dead before this mail says nothing about the mail.
  private func retry(_ job: MailJob, _ dialogue: SMTPDialogue) -> Bool {
    guard mailsBefore > 0, dialogue.isUnanswered, !job.needsFreshConnection else { return false }
    job.needsFreshConnection = true
    unsent = job
    close(politely: false)
    return true
  }

  /// A mail that this connection gave back; taken by the pool once.
  private(set) var unsent: MailJob?

  func takeUnsent() -> MailJob? {
    defer { unsent = nil }
    return unsent
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
