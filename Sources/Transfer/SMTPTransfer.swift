/// One mail for one recipient.
public struct SMTPTransfer: Sendable {
  public var endpoint: SMTPEndpoint
  /// The reverse-path without angle brackets, at most 254 octets; empty for the null sender.
  public var from: String
  /// The recipient without angle brackets, 1 to 254 octets (RFC 5321 section 4.5.3.1.3).
  public var to: String
  /// A complete RFC 5322 message; lines end in CRLF. Dots are doubled on the way, not by the
  /// caller.
  public var message: [UInt8]
  /// More than zero, at most 24 hours, counted from when the mail leaves the queue.
  public var timeout: Duration
  /// Permits non-ASCII addresses, for servers with SMTPUTF8 (RFC 6531).
  public var smtpUTF8: Bool

  public init(
    endpoint: SMTPEndpoint, from: String, to: String, message: [UInt8], timeout: Duration,
    smtpUTF8: Bool = false
  ) {
    self.endpoint = endpoint
    self.from = from
    self.to = to
    self.message = message
    self.timeout = timeout
    self.smtpUTF8 = smtpUTF8
  }
}

extension SMTPTransfer {
  /// The reason to refuse the mail before anything is sent. An address is checked again here,
  /// at the last place before the wire, because a line break or `>` in it would be a command of
  /// an attacker's choice (CWE-93).
  var refusal: SMTPResult? {
    if !endpoint.isWellFormed {
      return .transient(SMTPFailure(stage: .connect, cause: "endpoint_refused"))
    }
    if !from.isEmpty, !isEnvelopeAddress(from) {
      return .permanent(SMTPFailure(stage: .mail, cause: "sender_refused"))
    }
    if !isEnvelopeAddress(to) {
      return .permanent(SMTPFailure(stage: .rcpt, cause: "recipient_refused"))
    }
    if !timeout.isUsableTimeout {
      return .transient(SMTPFailure(stage: .connect, cause: "timeout_refused"))
    }
    if !hasOnlyWholeLineEnds(message) {
      return .permanent(SMTPFailure(stage: .message, cause: "message_refused"))
    }
    return nil
  }

  private func isEnvelopeAddress(_ address: String) -> Bool {
    (1...254).contains(address.utf8.count)
      && address.utf8.allSatisfy {
        0x21..<0x7f ~= $0 && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
          || smtpUTF8 && $0 >= 0x80
      }
  }

  var needsSMTPUTF8: Bool { smtpUTF8 && (from + to).utf8.contains { $0 >= 0x80 } }
}

/// Every CR is followed by LF, every LF follows a CR, and there is no NUL. A line end that two
/// servers read differently can smuggle a second mail (CVE-2023-51764).
func hasOnlyWholeLineEnds(_ message: [UInt8]) -> Bool {
  var afterCR = false
  for byte in message {
    if byte == 0 || (byte == 0x0a) != afterCR { return false }
    afterCR = byte == 0x0d
  }
  return !afterCR
}
