import PasswordReset

extension MailCourier {
  /// What the request says, with its account named. Whom the directory names is written down before
  /// the mail goes, so that the link knows it from the first click.
  func details(of errand: Errand) async throws(NoMail) -> RequestDetails {
    let (message, ready) = (errand.message, errand.ready)
    let details: RequestDetails
    do {
      details = try parts.vault.open(ready.sealed, kid: ready.kid, for: message.requestID)
    } catch { throw retry(errand, "sealed_request_not_opened") }
    if message.kind == .noAccount { return details }
    switch details.claim {
    case .known: return details
    case .none: throw await noAccount(details, errand)
    case .unasked:
      guard let directory = parts.directory(errand.caller) else { return details }
      let account: Account?
      do {
        account = try await directory.account(for: details.email, caller: errand.caller)
      } catch { throw retry(errand, "directory_\(error.cause)") }
      guard let account else { throw await noAccount(details, errand) }
      let named = details.naming(account)
      if message.kind == .link { try await writeDown(account, named, errand) }
      return named
    }
  }

  /// The mail that says so goes out where the caller wants it and the address has room for it.
  private func noAccount(_ details: RequestDetails, _ errand: Errand) async -> NoMail {
    let nothing = NoMail(.dropped(.noAccount))
    guard errand.message.kind == .link, let limits = errand.caller.settings.noAccountLimits else {
      return nothing
    }
    do {
      let isTurned = try await parts.outbox.sayNoAccount(
        errand.message,
        limiterKey: try parts.vault.noAccountKey(
          details.email, caller: errand.caller.name), limits: limits)
      return isTurned ? NoMail(end: nil) : nothing
    } catch { return retry(errand, "no_account_not_written") }
  }

  private func writeDown(
    _ account: Account, _ details: RequestDetails, _ errand: Errand
  ) async throws(NoMail) {
    let isHeld: Bool
    do {
      isHeld = try await parts.outbox.name(
        try parts.vault.accountKey(id: account.id, caller: errand.caller.name),
        sealed: try parts.vault.seal(details, for: errand.message.requestID), for: errand.message)
    } catch { throw retry(errand, "account_not_written") }
    // Either the lease is another's, and then this end changes nothing, or the request has been
    // revoked meanwhile.
    guard isHeld else { throw NoMail(.dropped(.revoked)) }
  }
}
