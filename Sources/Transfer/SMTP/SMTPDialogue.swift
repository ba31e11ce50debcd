/// One mail transaction (RFC 5321 section 3.3) as a state machine: replies go in, what to do comes
/// out. It does no input or output itself.
struct SMTPDialogue {
  enum Step: Equatable {
    /// Wait for the next reply.
    case wait
    case send([UInt8])
    /// Send the message and then call `messageIsSent`.
    case sendMessage
    case end(SMTPResult, Afterwards)
  }

  /// What becomes of the connection.
  enum Afterwards: Equatable {
    case keep
    /// The transaction has to be ended by RSET; `outstanding` replies come before its own.
    case reset(outstanding: Int)
    case close
  }

  private enum Phase { case mail, rcpt, data, message, final }

  private let recipient: [UInt8]
  private let isPipelined: Bool
  private var phase = Phase.mail

  /// The server has answered nothing yet, so it may be a connection that was already dead.
  var isUnanswered: Bool { phase == .mail }

  /// Every byte of the message, final dot included, is on its way.
  var isMessageSent: Bool { phase == .final }

  /// Begins the transaction: the dialogue and the first bytes to send.
  static func begin(
    _ job: SMTPJob, _ extensions: SMTPExtensions
  ) -> (dialogue: SMTPDialogue, opening: [UInt8]) {
    let mail = job.mail
    let dialogue = SMTPDialogue(
      recipient: Array("RCPT TO:<\(mail.to)>\r\n".utf8),
      isPipelined: extensions.contains(.pipelining))
    let sender = Array("MAIL FROM:<\(mail.from)>\(parameters(job, extensions))\r\n".utf8)
    // Nothing depends on the answers until the message itself: one round trip instead of three.
    return (
      dialogue,
      dialogue.isPipelined ? sender + dialogue.recipient + Self.dataCommand : sender
    )
  }

  private static let dataCommand = Array("DATA\r\n".utf8)

  private static func parameters(_ job: SMTPJob, _ extensions: SMTPExtensions) -> String {
    var parameters = ""
    if extensions.contains(.size) { parameters += " SIZE=\(job.mail.message.count)" }
    if extensions.contains(.eightBitMIME), job.hasEightBitContent {
      parameters += " BODY=8BITMIME"
    }
    if job.mail.needsSMTPUTF8 { parameters += " SMTPUTF8" }
    return parameters
  }

  private init(recipient: [UInt8], isPipelined: Bool) {
    self.recipient = recipient
    self.isPipelined = isPipelined
  }

  mutating func receive(_ reply: SMTPReply) -> Step {
    switch phase {
    case .mail:
      guard reply.isPositive else { return refuse(reply, outstanding: 2) }
      phase = .rcpt
      return isPipelined ? .wait : .send(recipient)
    case .rcpt:
      guard reply.isPositive else { return refuse(reply, outstanding: 1) }
      phase = .data
      return isPipelined ? .wait : .send(Self.dataCommand)
    case .data:
      guard reply.code == 354 else { return refuse(reply, outstanding: 0) }
      phase = .message
      return .sendMessage
    case .message:
      // Before the final dot is sent only a refusal makes sense, and nothing can be delivered.
      return reply.isFailure ? .end(result(of: reply), .close) : fail("bad_reply")
    case .final:
      if reply.isPositive { return .end(.delivered(code: reply.code), .keep) }
      return reply.isFailure
        ? .end(result(of: reply), reply.code == 421 ? .close : .keep) : fail("bad_reply")
    }
  }

  /// Every byte up to the final dot has left this process.
  mutating func messageIsSent() {
    phase = .final
  }

  /// The result if nothing more comes from the server. Once the final dot is sent, nobody on this
  /// side knows whether the server took the message (RFC 1047).
  func interruption(_ cause: String) -> SMTPResult {
    let failure = SMTPFailure(stage: stage, cause: cause)
    return phase == .final ? .uncertain(failure) : .transient(failure)
  }

  private func fail(_ cause: String) -> Step { .end(interruption(cause), .close) }

  private func refuse(_ reply: SMTPReply, outstanding: Int) -> Step {
    guard reply.isFailure else { return fail("bad_reply") }
    let afterwards: Afterwards =
      reply.code == 421 ? .close : .reset(outstanding: isPipelined ? outstanding : 0)
    return .end(result(of: reply), afterwards)
  }

  private func result(of reply: SMTPReply) -> SMTPResult {
    let failure = SMTPFailure(
      stage: stage, replyCode: reply.code, enhancedStatus: reply.enhancedStatus,
      cause: "reply_\(reply.code)")
    // RFC 4954 section 6 and RFC 3207 section 4: the server wants authentication or TLS first,
    // which says nothing about the recipient.
    let isAboutTransport = [530, 534, 535, 538].contains(reply.code)
    return reply.code < 500 || isAboutTransport ? .transient(failure) : .permanent(failure)
  }

  private var stage: SMTPFailure.Stage {
    switch phase {
    case .mail: .mail
    case .rcpt: .rcpt
    case .data: .data
    case .message, .final: .message
    }
  }
}
