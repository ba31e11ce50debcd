internal import PasswordReset
internal import Transfer

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
    let cause = ShortCause.clean("http_\(what)")
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
}
