internal import NIOCore

/// A reply of one or several lines (RFC 5321 section 4.2), with enhanced codes (RFC 3463).
struct SMTPReply: Equatable {
  let code: Int
  let lines: [String]

  init(_ code: Int, _ lines: String...) {
    self.init(code, lines: lines)
  }

  init(_ code: Int, lines: [String]) {
    self.code = code
    self.lines = lines
  }

  func write(to buffer: inout ByteBuffer) {
    for (index, line) in lines.enumerated() {
      buffer.writeString(index == lines.count - 1 ? "\(code) " : "\(code)-")
      buffer.writeString(line)
      buffer.writeString("\r\n")
    }
  }
}

extension SMTPReply {
  static let ok = SMTPReply(250, "2.0.0 OK")
  static let startData = SMTPReply(354, "end the data with <CRLF>.<CRLF>")
  static let goodbye = SMTPReply(221, "2.0.0 bye")
  static let cannotVerify = SMTPReply(252, "2.5.2 will take mail for it and try")

  static let unknownCommand = SMTPReply(500, "5.5.2 command not recognized")
  static let commandTooLong = SMTPReply(500, "5.5.2 command line over 512 octets")
  static let bareInCommand = SMTPReply(500, "5.5.2 bare CR, LF or control octet in command")
  static let syntax = SMTPReply(501, "5.5.4 syntax error in parameters")
  static let notImplemented = SMTPReply(502, "5.5.1 command not implemented")
  static let badSequence = SMTPReply(503, "5.5.1 bad sequence of commands")
  static let badParameter = SMTPReply(555, "5.5.4 parameter not offered or not valid")
  static let tooManyRecipients = SMTPReply(452, "4.5.3 too many recipients")
  static let noRecipients = SMTPReply(554, "5.5.1 no valid recipients")
  static let tooLarge = SMTPReply(552, "5.3.4 message over the size limit")
  static let textLineTooLong = SMTPReply(554, "5.6.0 text line over 1000 octets")
  static let bareInText = SMTPReply(550, "5.6.0 bare CR or LF in the message")
  static let nonASCIIFrom = SMTPReply(553, "5.6.7 non-ASCII address without SMTPUTF8")
  static let nonASCIIRecipient = SMTPReply(550, "5.6.7 non-ASCII address without SMTPUTF8")
}
