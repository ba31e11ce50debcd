/// One mail for one recipient.
public struct SMTPTransfer: Sendable {
  public var endpoint: SMTPEndpoint
  /// The reverse-path without angle brackets, at most 254 octets; empty for the null sender.
  public var from: String
  /// The recipient without angle brackets, 1 to 254 octets (RFC 5321 section 4.5.3.1.3).
  public var to: String
  /// A complete RFC 5322 message; lines end in CRLF. Dots are doubled on the way, not by the
  /// caller. A file that is missing or has another size than told ends the mail as transient with
  /// cause `file_missing` or `file_changed`; the server gets no final dot.
  public var message: TransferBody
  /// More than zero, at most 24 hours, counted from when the mail leaves the queue.
  public var timeout: Duration
  /// How long one step may take before the final dot: the greeting, the reply to one command, or
  /// the server's taking one more piece of the message. More than zero, at most 24 hours. After
  /// the final dot only `timeout` counts (RFC 5321 section 4.5.3.2.6 asks for 10 minutes there).
  public var stepTimeout: Duration
  /// Permits non-ASCII addresses, for servers with SMTPUTF8 (RFC 6531).
  public var smtpUTF8: Bool
  /// Whether the mail is still this process's to send. Asked before MAIL FROM and again when the
  /// server is ready for the message, before its first byte; false ends the mail as transient with
  /// cause `lease_lost`, and the server gets no final dot. Called on the loop's thread, so it must
  /// answer at once.
  public var mayProceed: @Sendable () -> Bool

  public init(
    endpoint: SMTPEndpoint, from: String, to: String, message: TransferBody, timeout: Duration,
    stepTimeout: Duration = .seconds(60), smtpUTF8: Bool = false,
    mayProceed: @escaping @Sendable () -> Bool = { true }
  ) {
    self.endpoint = endpoint
    self.from = from
    self.to = to
    self.message = message
    self.timeout = timeout
    self.stepTimeout = stepTimeout
    self.smtpUTF8 = smtpUTF8
    self.mayProceed = mayProceed
  }

  /// A mail whose message is in memory.
  public init(
    endpoint: SMTPEndpoint, from: String, to: String, message: [UInt8], timeout: Duration,
    stepTimeout: Duration = .seconds(60), smtpUTF8: Bool = false,
    mayProceed: @escaping @Sendable () -> Bool = { true }
  ) {
    self.init(
      endpoint: endpoint, from: from, to: to, message: TransferBody(message), timeout: timeout,
      stepTimeout: stepTimeout, smtpUTF8: smtpUTF8, mayProceed: mayProceed)
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
    if !timeout.isUsableTimeout || !stepTimeout.isUsableTimeout {
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

  var hasEightBitContent: Bool {
    message.pieces.contains { piece in
      if case .bytes(let bytes) = piece { bytes.contains { $0 >= 0x80 } } else { false }
    }
  }

  var needsSMTPUTF8: Bool { smtpUTF8 && (from + to).utf8.contains { $0 >= 0x80 } }
}

/// Every CR is followed by LF, every LF follows a CR, and there is no NUL. A line end that two
/// servers read differently can smuggle a second mail (CVE-2023-51764). All but bytes goes out as
/// base64, which has neither but whole line ends.
func hasOnlyWholeLineEnds(_ message: TransferBody) -> Bool {
  var afterCR = false
  for piece in message.pieces {
    guard case .bytes(let bytes) = piece else {
      if afterCR { return false }
      continue
    }
    for byte in bytes {
      if byte == 0 || (byte == 0x0a) != afterCR { return false }
      afterCR = byte == 0x0d
    }
  }
  return !afterCR
}
