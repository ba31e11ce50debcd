/// The mail transaction on an open connection.
extension SMTPConnection {
  /// Begins the next mail; only while idle or just opened.
  func begin(_ job: SMTPJob, _ now: ContinuousClock.Instant) {
    stepStart = now
    if let failure = obstacle(job) {
      state = .idle(until: now + idleLifetime)
      return job.end(failure)
    }
    let (dialogue, bytes) = SMTPDialogue.begin(job, extensions)
    state = .busy(job, dialogue)
    writer.append(bytes)
    flush(now)
  }

  private func obstacle(_ job: SMTPJob) -> SMTPResult? {
    if job.mail.needsSMTPUTF8, !extensions.contains(.utf8) {
      return .permanent(SMTPFailure(stage: .mail, cause: "smtputf8_not_offered"))
    }
    guard job.mail.mayProceed() else {
      return .transient(SMTPFailure(stage: .mail, cause: "lease_lost"))
    }
    return nil
  }

  func exchange(_ now: ContinuousClock.Instant) {
    // Before the end of a connection is believed, what the server said last is read.
    let isWritable = write(now)
    receive(now)
    if !isClosed, !isWritable { lose() }
  }

  private func flush(_ now: ContinuousClock.Instant) {
    if !write(now) { lose() }
  }

  /// False if the connection is broken.
  private func write(_ now: ContinuousClock.Instant) -> Bool {
    guard !writer.isEmpty else { return true }
    let before = writer.sentCount
    guard writer.flush(to: link) else { return false }
    if writer.sentCount != before { stepStart = now }
    if let fault = writer.fault {
      abandon(fault.rawValue)
    } else if writer.takeMessageIsSent(), case .busy(let job, var dialogue) = state {
      dialogue.messageIsSent()
      state = .busy(job, dialogue)
    }
    return true
  }

  private func receive(_ now: ContinuousClock.Instant) {
    while !isClosed {
      switch unsafe link.receive({ unsafe read($0, now) }) {
      case .blocked: return
      case .broken: return lose()
      case .bytes: break
      }
    }
  }

  private func read(_ bytes: UnsafeRawBufferPointer, _ now: ContinuousClock.Instant) {
    do throws(SMTPReplyReader.Fault) {
      for index in bytes.indices {
        guard let reply = try reader.read(unsafe bytes[index]) else { continue }
        stepStart = now
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

  private func take(_ step: SMTPDialogue.Step, _ job: SMTPJob, _ now: ContinuousClock.Instant) {
    switch step {
    case .wait: return
    case .send(let bytes): writer.append(bytes)
    case .sendMessage:
      guard job.mail.mayProceed() else { return abandon("lease_lost") }
      writer.append(SMTPBody(job.mail.message))
    case .end(let result, let afterwards):
      mailsBefore += 1
      stepStart = now
      settle(afterwards, now)
      job.end(result)
      return
    }
    flush(now)
  }

  private func settle(_ afterwards: SMTPDialogue.Afterwards, _ now: ContinuousClock.Instant) {
    switch afterwards {
    // In the middle of a message even QUIT would be part of it.
    case .close: close(politely: writer.isEmpty)
    case .keep: state = .idle(until: now + idleLifetime)
    case .reset(let outstanding):
      writer.append(Array("RSET\r\n".utf8))
      state = .resetting(outstanding: outstanding + 1, until: now + .seconds(10))
      if !writer.flush(to: link) { close(politely: false) }
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

  /// The connection has ended without a word.
  private func lose() {
    if case .busy(let job, let dialogue) = state, retry(job, dialogue) { return }
    abandon("connection_lost")
  }

  /// A kept connection that was dead before this mail says nothing about the mail.
  private func retry(_ job: SMTPJob, _ dialogue: SMTPDialogue) -> Bool {
    guard mailsBefore > 0, dialogue.isUnanswered, !job.needsFreshConnection else { return false }
    job.needsFreshConnection = true
    unsent = job
    close(politely: false)
    return true
  }
}
