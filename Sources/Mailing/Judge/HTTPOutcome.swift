internal import Formats
internal import PasswordReset
internal import Transfer

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

extension HTTPProvider {
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
    let cause = DeliveryOutcome.shortCause("http_\(status)" + (code.map { "_\($0)" } ?? ""))
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

extension DeliveryOutcome {
  /// What became of a call that has no answer:
  ///
  /// | what happened | outcome |
  /// | --- | --- |
  /// | the whole request went out | uncertain |
  /// | this process gave up: cancelled, stopped, a file missing or changed | transient, message |
  /// | anything else | transient, transport |
  init(_ error: TransferError) {
    let what = error.kind == .tooLarge ? "answer_too_large" : error.cause ?? error.kind.rawValue
    let cause = Self.shortCause("http_\(what)")
    if error.mayHaveBeenReceived {
      self = .uncertain(cause: cause)
    } else if [.cancelled, .stopped].contains(error.kind)
      || ["file_missing", "file_changed"].contains(error.cause)
    {
      self = .transient(cause: cause, blame: .message)
    } else {
      self = .transient(cause: cause, blame: .transport)
    }
  }

  /// For logs and for rows of the outbox: letters, digits, `_` and `.`, at most 100 octets;
  /// everything else falls out.
  static func shortCause(_ text: String) -> String {
    let bytes = text.utf8.filter { $0.isASCIIAlphanumeric || "_.".utf8.contains($0) }
    return String(decoding: bytes.prefix(100), as: UTF8.self)
  }
}
