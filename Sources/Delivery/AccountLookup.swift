import PasswordReset

/// Finds out whose mail it is.
struct AccountLookup: Sendable {
  let parts: MailParts

  /// What the request says, with its account named. Whom the directory names is written down before
  /// the mail goes, so that the link knows it from the first click.
  func details(of attempt: MailAttempt) async throws(NoMail) -> RequestDetails {
    let (message, ready) = (attempt.message, attempt.ready)
    let details: RequestDetails
    do {
      details = try parts.vault.open(ready.sealed, kid: ready.kid, for: message.requestID)
    } catch { throw attempt.retry("sealed_request_not_opened") }
    if message.kind == .noAccount { return details }
    switch details.claim {
    case .known: return details
    case .none: throw await noAccount(details, attempt)
    case .unasked:
      guard let directory = parts.directory(attempt.caller) else { return details }
      let account: Account?
      do {
        account = try await directory.account(for: details.email, caller: attempt.caller)
      } catch { throw attempt.retry("directory_\(error.cause)") }
      guard let account else { throw await noAccount(details, attempt) }
      let named = details.naming(account)
      if message.kind == .link { try await writeDown(account, named, attempt) }
      return named
    }
  }

  /// The mail that says so goes out where the caller wants it and the address has room for it.
  private func noAccount(_ details: RequestDetails, _ attempt: MailAttempt) async -> NoMail {
    let nothing = NoMail(.dropped(.noAccount))
    guard attempt.message.kind == .link, let limits = attempt.caller.settings.noAccountLimits
    else { return nothing }
    do {
      let isTurned = try await parts.outbox.sayNoAccount(
        attempt.message,
        limiterKey: try parts.vault.noAccountKey(
          details.email, caller: attempt.caller.name), limits: limits)
      return isTurned ? NoMail(end: nil) : nothing
    } catch { return attempt.retry("no_account_not_written") }
  }

  private func writeDown(
    _ account: Account, _ details: RequestDetails, _ attempt: MailAttempt
  ) async throws(NoMail) {
    let isHeld: Bool
    do {
      isHeld = try await parts.outbox.name(
        try parts.vault.accountKey(id: account.id, caller: attempt.caller.name),
        sealed: try parts.vault.seal(details, for: attempt.message.requestID),
        for: attempt.message)
    } catch { throw attempt.retry("account_not_written") }
    // Either the lease is another's, and then this end changes nothing, or the request has been
    // revoked meanwhile.
    guard isHeld else { throw NoMail(.dropped(.revoked)) }
  }
}
