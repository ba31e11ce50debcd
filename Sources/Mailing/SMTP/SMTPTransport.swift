internal import PasswordReset
internal import Transfer

/// Hands mail to one mail server.
struct SMTPTransport: MailTransport {
  private let endpoint: SMTPEndpoint
  private let timeout: WholeDuration
  private let smtpUTF8: Bool
  private let perform: @Sendable (SMTPTransfer) async -> SMTPResult

  init(
    _ endpoint: SMTPEndpoint, timeout: WholeDuration, smtpUTF8: Bool,
    perform: @escaping @Sendable (SMTPTransfer) async -> SMTPResult
  ) {
    self.endpoint = endpoint
    self.timeout = timeout
    self.smtpUTF8 = smtpUTF8
    self.perform = perform
  }

  func deliver(
    _ mail: RenderedMail, under lease: any Lease, patience: Duration
  ) async -> DeliveryOutcome {
    guard smtpUTF8 || mail.from.address.isASCII && mail.to.isASCII else {
      return .permanent(cause: "address_not_ascii")
    }
    let transfer = SMTPTransfer(
      endpoint: endpoint, from: mail.from.address.text, to: mail.to.text,
      message: MIMEMessage.body(of: mail), timeout: timeout.duration,
      stepTimeout: patience, smtpUTF8: smtpUTF8,
      mayProceed: { lease.isHeld })
    return DeliveryOutcome(await perform(transfer))
  }
}
