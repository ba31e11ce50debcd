/// The mail transaction on an open connection.
extension SMTPConnection {
  /// Begins the next mail; only while idle or just opened.
  func begin(_ job: MailJob, _ now: ContinuousClock.Instant) {
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

  func exchange(_ now: ContinuousClock.Instant) {
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
}
