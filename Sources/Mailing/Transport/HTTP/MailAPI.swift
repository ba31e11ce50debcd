internal import PasswordReset
internal import Transfer

/// A provider's HTTP API, or whatever takes mail over HTTP.
protocol MailAPI: Sendable {
  /// The call that hands the mail over.
  /// - Throws: how the attempt ends where there can be none.
  func call(for mail: RenderedMail) async throws(CallProblem) -> HTTPTransfer

  /// The provider's own code for what is wrong, of letters, digits, `_` and `.`; only codes that
  /// ``meaning(of:)`` knows, or numbers, for answers are text from outside.
  static func code(in answer: HTTPAnswer) -> String?

  /// What such a code says.
  static func meaning(of code: String) -> ErrorMeaning
}

/// What a provider's error code speaks of.
enum ErrorMeaning: Sendable {
  /// The mail: it will not be taken, however often.
  case mail
  /// The recipient: there is no such mailbox.
  case recipient
  /// The account or its settings: no mail will be taken before somebody has repaired them.
  case account
  /// This mail, but only now.
  case busy
}

/// Why there is no call for a mail.
struct CallProblem: Error {
  let outcome: DeliveryOutcome
}

extension MailAPI {
  /// What became of a mail, by status and the provider's own code:
  ///
  /// | status | outcome |
  /// | --- | --- |
  /// | 2xx | delivered |
  /// | 408, 425, 429, 5xx | transient, transport, after `Retry-After` |
  /// | 3xx, which is never followed, 401 to 405 | transient, transport |
  /// | other 4xx | as the code says; permanent where it says nothing |
  static func outcome(
    status: Int, code: String?, retryAfter: WholeDuration? = nil
  ) -> DeliveryOutcome {
    let cause = ShortCause.clean("http_\(status)" + (code.map { "_\($0)" } ?? ""))
    switch status {
    case 200...299: return .delivered
    case 408, 425, 429, 500...599:
      return .transient(cause: cause, blame: .transport, retryAfter: retryAfter)
    case 400, 406...499: return outcome(cause, code.map(meaning) ?? .mail)
    default: return .transient(cause: cause, blame: .transport)
    }
  }

  private static func outcome(_ cause: String, _ meaning: ErrorMeaning) -> DeliveryOutcome {
    switch meaning {
    case .mail: .permanent(cause: cause)
    case .recipient: .permanent(cause: cause, isRecipient: true)
    case .account: .transient(cause: cause, blame: .transport)
    case .busy: .transient(cause: cause, blame: .message)
    }
  }

  static func outcome(_ answer: HTTPAnswer, now: Timestamp?) -> DeliveryOutcome {
    outcome(
      status: answer.status, code: code(in: answer),
      retryAfter: answer.header("retry-after").flatMap { RetryAfter.parse($0, now: now) })
  }
}
