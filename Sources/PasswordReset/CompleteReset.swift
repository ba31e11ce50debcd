/// The password has been changed: kills what is still live for the account, and mails the person a
/// notice, once for each request however often it is reported.
public struct CompleteReset: Sendable {
  private let completer: any RequestCompleter
  private let callers: Reloadable<CallerBook>

  public init(completer: any RequestCompleter, callers: Reloadable<CallerBook>) {
    self.completer = completer
    self.callers = callers
  }

  /// False where this caller has no such request.
  public func callAsFunction(
    _ id: RequestID, for caller: String
  ) async throws(ResetError) -> Bool {
    try await completer.complete(
      id, for: caller, reports: callers.value[caller].settings.wantsEvents)
  }
}

public protocol RequestCompleter: Sendable {
  /// In one transaction: marks the request as completed, revokes its siblings as a consume does, and
  /// queues the notice, and the event where `reports`. A
  /// request that is marked already is left as it is. False where the caller has no such request.
  func complete(
    _ id: RequestID, for caller: String, reports: Bool
  ) async throws(ResetError) -> Bool
}
