public import PasswordReset

/// The mail providers that may report here. Those that are nil have no route.
public struct ProviderHooks: Sendable {
  public var sendGrid: SendGridHook?
  public var mailgun: MailgunHook?
  public var postmark: PostmarkHook?
  public var ses: SESHook?
  private let take: TakeProviderReports
  private let clock: any DatabaseClock
  private let gate: HookGate

  public init(
    sendGrid: SendGridHook? = nil, mailgun: MailgunHook? = nil, postmark: PostmarkHook? = nil,
    ses: SESHook? = nil, take: TakeProviderReports, clock: any DatabaseClock
  ) {
    self.init(
      sendGrid: sendGrid, mailgun: mailgun, postmark: postmark, ses: ses, take: take,
      clock: clock, gate: HookGate())
  }

  init(
    sendGrid: SendGridHook? = nil, mailgun: MailgunHook? = nil, postmark: PostmarkHook? = nil,
    ses: SESHook? = nil, take: TakeProviderReports, clock: any DatabaseClock, gate: HookGate
  ) {
    (self.sendGrid, self.mailgun, self.postmark, self.ses) = (sendGrid, mailgun, postmark, ses)
    (self.take, self.clock, self.gate) = (take, clock, gate)
  }
}

extension ProviderHooks {
  var routes: [Route] {
    let hooks: [(path: String, hook: (any ProviderHook)?, challenge: String)] = [
      ("/hooks/sendgrid", sendGrid, "Signature"), ("/hooks/mailgun", mailgun, "Signature"),
      ("/hooks/postmark", postmark, "Basic realm=\"hooks\""), ("/hooks/ses", ses, "Signature"),
    ]
    return hooks.compactMap { path, hook, challenge in
      hook.map { hook in
        .post(
          path,
          HookRoute(hook: hook, take: take, clock: clock, gate: gate, challenge: challenge).answer)
      }
    }
  }
}
