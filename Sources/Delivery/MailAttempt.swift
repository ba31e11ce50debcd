import PasswordReset

/// One attempt to bring a mail to its end.
struct MailAttempt: Sendable {
  let held: HeldMessage
  let ready: ClaimedMessage.Ready
  let caller: Caller
  let book: AttemptBook

  var message: ClaimedMessage { held.message }

  func retry(_ cause: String) -> NoMail {
    NoMail(end: book.retry(held, cause).reported(to: caller))
  }
}

/// Why there is no mail; without an end where the message has been turned into another.
struct NoMail: Error {
  let end: AttemptEnd?

  init(_ outcome: AttemptOutcome) { end = AttemptEnd(outcome: outcome) }

  init(end: AttemptEnd?) { self.end = end }
}

extension AttemptEnd {
  /// Tells the main app of an end that means that the mail will not arrive.
  func reported(to caller: Caller) -> AttemptEnd {
    var end = self
    switch outcome {
    case .dead, .dropped(.expired), .dropped(.suppressed):
      end.report = caller.settings.wantsEvents ? .deliveryFailed : nil
    case .sent, .retry, .uncertain, .dropped, .released: break
    }
    return end
  }
}
