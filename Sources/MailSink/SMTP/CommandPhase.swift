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
    client = command.verb == .ehlo ? .extended : .plain
    phase = .idle  // RFC 5321 section 4.1.4: EHLO also resets.
    return [.reply(greeting)]
  }

  /// The extensions of RFC 2920, 6152, 6531, 1870 and 2034.
  private var greeting: SMTPReply {
    let extensions = [
      "PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE \(settings.sizeLimit)", "ENHANCEDSTATUSCODES",
    ]
    return SMTPReply(250, lines: [settings.name] + (client == .extended ? extensions : []))
  }

  private mutating func beginEnvelope(_ argument: Substring) -> [Step] {
    guard case .idle = phase, client != nil else { return [.reply(.badSequence)] }
    guard let path = SMTPPath(argument, keyword: "from:") else { return [.reply(.syntax)] }
    if let refusal = refusal(ofMail: path) { return [.reply(refusal)] }
    phase = .envelope(Envelope(from: path))
    return [.reply(SMTPReply(250, "2.1.0 sender OK"))]
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
    envelope.recipients.append(path)
    phase = .envelope(envelope)
    return [.reply(SMTPReply(250, "2.1.5 recipient OK"))]
  }

  private mutating func beginText(_ argument: Substring) -> [Step] {
    guard argument.isEmpty else { return [.reply(.syntax)] }
    guard case .envelope(let envelope) = phase else { return [.reply(.badSequence)] }
    guard !envelope.recipients.isEmpty else { return [.reply(.noRecipients)] }
    phase = .text(MailDraft(envelope: envelope))
    return [.reply(.startData)]
  }

  private mutating func reset(_ argument: Substring) -> [Step] {
    guard argument.isEmpty else { return [.reply(.syntax)] }
    phase = .idle
    return [.reply(.ok)]
  }
}
