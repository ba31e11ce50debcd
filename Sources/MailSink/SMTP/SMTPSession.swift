internal import NIOCore

/// The server's side of one connection as a state machine: a line goes in, steps come out.
/// It does no I/O and knows no time but the one it is given.
struct SMTPSession {
  enum Phase {
    /// No EHLO yet, or between mails.
    case idle
    case envelope(Envelope)
    case text(MailDraft)
  }

  /// What the connection has to do, in this order.
  enum Step {
    case reply(SMTPReply)
    case store(MailDraft)
    case close
  }

  /// How the client has greeted, with HELO or EHLO.
  enum Client {
    case plain, extended
  }

  let settings: MailSink.Configuration
  var phase = Phase.idle
  var client: Client?

  init(settings: MailSink.Configuration) { self.settings = settings }

  /// RFC 5321 section 4.5.3.1: 512 octets for a command, 1000 for a line of text, the dot of
  /// transparency not counted. The extensions offered lengthen MAIL by 53.
  var lineLimit: Int {
    if case .text = phase { return 1001 }
    return Self.commandLimit + Self.mailExtra
  }

  static let commandLimit = 512
  /// 26 for SIZE, 17 for BODY, 10 for SMTPUTF8, as their RFCs say.
  static let mailExtra = 53
  static let recipientLimit = 1000

  /// The steps that begin a connection.
  func open() -> [Step] { [.reply(SMTPReply(220, "\(settings.name) ESMTP"))] }

  mutating func receive(_ line: LineReader.Line) -> [Step] {
    if case .text(let draft) = phase { return receiveText(line, draft) }
    guard case .complete(let bytes) = line else { return [.reply(.commandTooLong)] }
    return receiveCommand(bytes)
  }
}
