/// How the handing over of one mail ended, with what to do about it.
public enum SMTPResult: Sendable, Hashable {
  /// The server has taken responsibility (RFC 5321 section 4.2.5); `code` is 2yz.
  case delivered(code: Int)
  /// Not taken; the same mail may be taken later or by another server.
  case transient(SMTPFailure)
  /// Not taken, and trying this mail again there is useless.
  case permanent(SMTPFailure)
  /// The whole mail was sent but the answer did not come: it may or may not be delivered.
  case uncertain(SMTPFailure)
}

/// Why a mail was not taken. Holds no address and no text of the server, so it is safe to log.
public struct SMTPFailure: Sendable, Hashable, CustomStringConvertible {
  /// What the server was doing, or had been asked to do, when it failed.
  public enum Stage: String, Sendable, Hashable {
    /// Name lookup, TCP, and TLS where it is implicit.
    case connect
    case greeting, ehlo, starttls, auth, mail, rcpt, data
    /// From the first byte of the message to the reply after the final dot.
    case message
  }

  public let stage: Stage
  /// 200 to 599, if the failure is a reply.
  public let replyCode: Int?
  /// RFC 3463, for example `5.1.1`; its class is that of the reply.
  public let enhancedStatus: String?
  /// A short stable token: `reply_NNN`, `connect_refused`, `connect_failed`, `dns`, `timeout`,
  /// `connection_lost`, `bad_reply`, `reply_too_long`, `tls_verify`, `tls_failed`,
  /// `tls_not_offered`, `ca_file`, `auth_failed`, `auth_not_offered`, `smtputf8_not_offered`,
  /// `password_file`, `file_missing`, `file_changed`, `lease_lost`, `endpoint_refused`,
  /// `timeout_refused`, `sender_refused`, `recipient_refused`, `message_refused`, `cancelled`,
  /// `stopped`, `local`.
  public let cause: String

  public init(
    stage: Stage, replyCode: Int? = nil, enhancedStatus: String? = nil, cause: String
  ) {
    self.stage = stage
    self.replyCode = replyCode
    self.enhancedStatus = enhancedStatus
    self.cause = cause
  }

  public var description: String {
    [stage.rawValue, enhancedStatus, cause].compactMap(\.self).joined(separator: " ")
  }
}
