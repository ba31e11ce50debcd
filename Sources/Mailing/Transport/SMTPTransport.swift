public import PasswordReset
public import Transfer

/// Hands mail to one mail server.
public struct SMTPTransport: MailTransport {
  private let endpoint: SMTPEndpoint
  private let timeout: WholeDuration
  private let smtpUTF8: Bool
  private let perform: @Sendable (SMTPTransfer) async -> SMTPResult

  /// - Parameters:
  ///   - ehloName: what to greet with where the URL gives nothing; a name that may be seen by
  ///     everybody, since receivers write it into the mail.
  ///   - smtpUTF8: whether addresses with a non-ASCII local part may go out (RFC 6531).
  public init(
    _ url: TransportURL, ehloName: String, smtpUTF8: Bool = false, through loop: TransferLoop
  ) {
    self.init(url, ehloName: ehloName, smtpUTF8: smtpUTF8) { await loop.perform($0) }
  }

  init(
    _ url: TransportURL, ehloName: String, smtpUTF8: Bool = false,
    perform: @escaping @Sendable (SMTPTransfer) async -> SMTPResult
  ) {
    endpoint = url.endpoint(ehloName: ehloName)
    timeout = url.timeout
    self.smtpUTF8 = smtpUTF8
    self.perform = perform
  }

  public func deliver(_ mail: RenderedMail) async -> DeliveryOutcome {
    guard smtpUTF8 || mail.from.isASCII && mail.to.isASCII else {
      return .permanent(cause: "address_not_ascii")
    }
    let transfer = SMTPTransfer(
      endpoint: endpoint, from: mail.from.text, to: mail.to.text, message: mail.bytes,
      timeout: timeout.duration, smtpUTF8: smtpUTF8)
    return switch await perform(transfer) {
    case .delivered: .delivered
    case .transient(let failure): .transient(cause: failure.shortCause)
    case .permanent(let failure): .permanent(cause: failure.shortCause)
    case .uncertain(let failure): .uncertain(cause: failure.shortCause)
    }
  }
}

extension SMTPFailure {
  /// `rcpt_550_5.1.1` for a reply, `connect_refused` for what is none: at most 100 octets of
  /// letters, digits, `_` and `.`.
  var shortCause: String {
    let parts: [String] =
      if let replyCode {
        [stage.rawValue, String(replyCode), enhancedStatus].compactMap(\.self)
      } else if cause.utf8.starts(with: stage.rawValue.utf8) {
        [cause]
      } else {
        [stage.rawValue, cause]
      }
    let bytes = parts.joined(separator: "_").utf8.filter { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
        || "_.".utf8.contains(byte)
    }
    return String(decoding: bytes.prefix(100), as: UTF8.self)
  }
}
