internal import PasswordReset
internal import Transfer

extension DeliveryOutcome {
  static let leaseLost = DeliveryOutcome.transient(cause: "lease_lost", blame: .message)

  /// What became of a mail, by stage, reply code and enhanced status (RFC 3463):
  ///
  /// | what happened | outcome |
  /// | --- | --- |
  /// | 2yz after the final dot | delivered |
  /// | no answer after the final dot | uncertain |
  /// | this process gave up: lease lost, cancelled, stopped, a file changed | transient, message |
  /// | anything up to and with authentication | transient, transport |
  /// | 421, 452, 530, 534, 535, 538, or no answer before the final dot | transient, transport |
  /// | any other 4yz, such as greylisting | transient, message |
  /// | 5yz | permanent; about the recipient as ``SMTPFailure/isAboutRecipient`` says |
  init(_ result: SMTPResult) {
    switch result {
    case .delivered: self = .delivered
    case .uncertain(let failure): self = .uncertain(cause: failure.shortCause)
    case .transient(let failure), .permanent(let failure):
      if failure.cause == "lease_lost" {
        self = .leaseLost
      } else if case .permanent = result, !failure.isAboutTransport {
        self = .permanent(cause: failure.shortCause, isRecipient: failure.isAboutRecipient)
      } else {
        self = .transient(
          cause: failure.shortCause, blame: failure.isAboutTransport ? .transport : .message)
      }
    }
  }
}

extension SMTPFailure {
  /// Failures of this side that would not have happened to another mail.
  private static let own: Set = [
    "cancelled", "stopped", "file_missing", "file_changed", "sender_refused", "recipient_refused",
    "message_refused", "smtputf8_not_offered",
  ]
  private static let refusedMailboxes: Set = [
    "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1",
  ]

  var isAboutTransport: Bool {
    if Self.own.contains(cause) { return false }
    switch stage {
    case .connect, .greeting, .ehlo, .starttls, .auth: return true
    case .mail, .rcpt, .data, .message:
      guard let replyCode else { return true }
      // RFC 5321 §3.8 and §4.2.3, RFC 4954 §6.
      return [421, 452, 530, 534, 535, 538].contains(replyCode)
    }
  }

  /// Whether a refusal says that there is no such mailbox: by its enhanced status where it has one,
  /// else by the code of the reply to RCPT. Policy (5.7.x) and a full mailbox (5.2.2) do not.
  var isAboutRecipient: Bool {
    guard [.rcpt, .data, .message].contains(stage), let replyCode else { return false }
    if let enhancedStatus { return Self.refusedMailboxes.contains(enhancedStatus) }
    return stage == .rcpt && [550, 551, 553].contains(replyCode)
  }

  /// `rcpt_550_5.1.1` for a reply, `connect_refused` for what is none.
  var shortCause: String {
    let parts: [String] =
      if let replyCode {
        [stage.rawValue, String(replyCode), enhancedStatus].compactMap(\.self)
      } else if cause.utf8.starts(with: stage.rawValue.utf8) {
        [cause]
      } else {
        [stage.rawValue, cause]
      }
    return DeliveryOutcome.shortCause(parts.joined(separator: "_"))
  }
}
