internal import NIOCore

/// The server's side of one connection as a state machine: a line goes in, steps come out.
/// It does no I/O and knows no time but the one it is given.
struct SMTPSession {
  enum Phase {
    /// Greeted with a refusal: only QUIT is taken (RFC 5321 section 3.1).
    case refused
    /// No EHLO yet, or between mails.
    case idle
    case envelope(Envelope)
    case text(MailDraft)
  }

  /// What the connection has to do, in this order.
  enum Step {
    case reply(SMTPReply)
    case store(MailDraft)
    case wait(Duration)
    case hang
    case close
  }

  struct Client {
    let name: String
    let isExtended: Bool
  }

  let settings: MailSink.Configuration
  let decide: (MailSink.Stage, [String]) -> MailSink.Rule?
  var phase = Phase.idle
  var client: Client?

  init(
    settings: MailSink.Configuration,
    decide: @escaping (MailSink.Stage, [String]) -> MailSink.Rule?
  ) {
    self.settings = settings
    self.decide = decide
  }

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
  mutating func open() -> [Step] {
    script(at: .connect) { session in
      [.reply(SMTPReply(220, "\(session.settings.name) ESMTP"))]
    } onReply: { session in
      session.phase = .refused
    }
  }

  mutating func receive(_ line: LineReader.Line) -> [Step] {
    if case .text(let draft) = phase { return receiveText(line, draft) }
    guard case .complete(let bytes) = line else { return [.reply(.commandTooLong)] }
    return receiveCommand(bytes)
  }

  func offers(_ feature: MailSink.Extension) -> Bool {
    client?.isExtended == true && settings.extensions.contains(feature)
  }

  /// Asks the script; without a rule, or after a delay, `normal` says what happens.
  mutating func script(
    at stage: MailSink.Stage, recipients: [String] = [], storing draft: MailDraft? = nil,
    normal: (inout SMTPSession) -> [Step], onReply: (inout SMTPSession) -> Void = { _ in }
  ) -> [Step] {
    guard let rule = decide(stage, recipients) else { return normal(&self) }
    var steps: [Step] = []
    if rule.storing, let draft, !rule.behaviour.isDelay { steps.append(.store(draft)) }
    switch rule.behaviour {
    case .delay(let time):
      steps.append(.wait(time))
      steps.append(contentsOf: normal(&self))
    case .drop: steps.append(.close)
    case .hang: steps.append(.hang)
    case .reply(let code, let text):
      onReply(&self)
      steps.append(.reply(SMTPReply(code, text: text)))
    }
    return steps
  }
}

extension MailSink.Behaviour {
  /// A delayed mail is stored by the normal course.
  fileprivate var isDelay: Bool {
    if case .delay = self { true } else { false }
  }
}
