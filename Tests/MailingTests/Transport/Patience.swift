import PasswordReset

extension MailTransport {
  /// With more patience than any test has.
  func deliver(_ mail: RenderedMail, under lease: any Lease) async -> DeliveryOutcome {
    await deliver(mail, under: lease, patience: .seconds(60))
  }
}
