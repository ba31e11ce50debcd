internal import NIOCore

// Commands, in the order of a session.
extension SMTPSession {
  mutating func receiveCommand(_ bytes: ByteBuffer) -> [Step] {
    let view = bytes.readableBytesView
    guard !view.contains(where: ASCII.isControl) else { return [.reply(.bareInCommand)] }
    guard let line = String(validating: view, as: UTF8.self) else { return [.reply(.syntax)] }
    guard let command = SMTPCommand(line) else { return [.reply(.unknownCommand)] }
    let limit = Self.commandLimit + (command.verb == .mail ? Self.mailExtra : 0)
    guard view.count + 2 <= limit else { return [.reply(.commandTooLong)] }
    if case .refused = phase, command.verb != .quit { return [.reply(.badSequence)] }
    return obey(command)
  }

  private mutating func obey(_ command: SMTPCommand) -> [Step] {
    switch command.verb {
    case .ehlo, .helo: greet(command)
    case .mail: beginEnvelope(command.argument)
    case .rcpt: addRecipient(command.argument)
    case .data: beginText(command.argument)
    case .rset: reset(command.argument)
    case .noop: [.reply(.ok)]
    case .vrfy: [.reply(command.argument.isEmpty ? .syntax : .cannotVerify)]
    case .quit: command.argument.isEmpty ? [.reply(.goodbye), .close] : [.reply(.syntax)]
    case .expn, .help, .auth, .starttls, .bdat, .etrn, .turn: [.reply(.notImplemented)]
    }
  }

  private mutating func greet(_ command: SMTPCommand) -> [Step] {
    let name = String(command.argument)
    guard !name.isEmpty, !name.utf8.contains(ASCII.space) else { return [.reply(.syntax)] }
    let isExtended = command.verb == .ehlo
    return script(at: .ehlo) { session in
      session.client = Client(name: name, isExtended: isExtended)
      session.phase = .idle  // RFC 5321 section 4.1.4: EHLO also resets.
      return [.reply(session.greeting)]
    }
  }

  private var greeting: SMTPReply {
    let keywords = MailSink.Extension.allCases.filter(offers).map { feature in
      feature == .size ? "SIZE \(settings.sizeLimit)" : feature.rawValue
    }
    let enhanced = client?.isExtended == true ? ["ENHANCEDSTATUSCODES"] : []
    return SMTPReply(250, lines: [settings.name] + keywords + enhanced)
  }

  private mutating func beginEnvelope(_ argument: Substring) -> [Step] {
    guard case .idle = phase, client != nil else { return [.reply(.badSequence)] }
    guard let path = SMTPPath(argument, keyword: "from:") else { return [.reply(.syntax)] }
    if let refusal = refusal(ofMail: path) { return [.reply(refusal)] }
    return script(at: .mail) { session in
      session.phase = .envelope(Envelope(from: path))
      return [.reply(SMTPReply(250, "2.1.0 sender OK"))]
    }
  }

  private mutating func addRecipient(_ argument: Substring) -> [Step] {
    guard case .envelope(var envelope) = phase else { return [.reply(.badSequence)] }
    guard let path = SMTPPath(argument, keyword: "to:"), !path.address.isEmpty else {
      return [.reply(.syntax)]
    }
    if let refusal = refusal(ofRecipient: path, in: envelope) { return [.reply(refusal)] }
    guard envelope.recipients.count < Self.recipientLimit else {
      return [.reply(.tooManyRecipients)]
    }
    return script(at: .rcpt, recipients: [path.address]) { session in
      envelope.recipients.append(path)
      session.phase = .envelope(envelope)
      return [.reply(SMTPReply(250, "2.1.5 recipient OK"))]
    }
  }

  private mutating func beginText(_ argument: Substring) -> [Step] {
    guard argument.isEmpty else { return [.reply(.syntax)] }
    guard case .envelope(let envelope) = phase, let client else { return [.reply(.badSequence)] }
    guard !envelope.recipients.isEmpty else { return [.reply(.noRecipients)] }
    return script(at: .data, recipients: envelope.addresses) { session in
      session.phase = .text(MailDraft(clientName: client.name, envelope: envelope))
      return [.reply(.startData)]
    } onReply: { session in
      session.phase = .idle
    }
  }

  private mutating func reset(_ argument: Substring) -> [Step] {
    guard argument.isEmpty else { return [.reply(.syntax)] }
    phase = .idle
    return [.reply(.ok)]
  }
}
