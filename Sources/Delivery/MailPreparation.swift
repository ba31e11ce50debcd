import PasswordReset

/// Makes the mail of a claimed message: opens it, finds the account, mints the token, renders.
struct MailPreparation: Sendable {
  let parts: MailParts
  let book: AttemptBook

  /// A mail that can go.
  struct Prepared {
    let attempt: MailAttempt
    let rendered: RenderedMail
  }

  func prepare(_ held: HeldMessage) async throws(NoMail) -> Prepared {
    let message = held.message
    let ready: ClaimedMessage.Ready
    switch message.content {
    case .ready(let content): ready = content
    case .revoked, .orphan: throw NoMail(.dropped(.revoked))
    case .expired(let caller):
      throw NoMail(end: book.tooLate(message).reported(to: parts.callers.value[caller]))
    }
    let attempt = MailAttempt(
      held: held, ready: ready, caller: parts.callers.value[ready.caller], book: book)
    guard message.lost < parts.poisonAfter else {
      throw NoMail(end: AttemptEnd(outcome: .dead(cause: "poison")).reported(to: attempt.caller))
    }
    let details = try await AccountLookup(parts: parts).details(of: attempt)
    try await checkSuppression(details, attempt)
    return Prepared(attempt: attempt, rendered: try compose(details, attempt))
  }

  /// The claim has looked for the typed address already.
  private func checkSuppression(
    _ details: RequestDetails, _ attempt: MailAttempt
  ) async throws(NoMail) {
    var isSuppressed = attempt.ready.isSuppressed
    let to = recipient(details, attempt.message.kind)
    if to.identity != details.email.identity {
      do {
        isSuppressed = try await parts.suppressions.contains(
          try parts.vault.addressKey(to, caller: attempt.caller.name))
      } catch { throw attempt.retry("suppressions_not_read") }
    }
    guard isSuppressed else { return }
    throw NoMail(end: AttemptEnd(outcome: .dropped(.suppressed)).reported(to: attempt.caller))
  }

  private func recipient(_ details: RequestDetails, _ kind: MessageKind) -> EmailAddress {
    kind == .noAccount ? details.email : details.mailedTo
  }

  private func compose(
    _ details: RequestDetails, _ attempt: MailAttempt
  ) throws(NoMail) -> RenderedMail {
    let (message, settings) = (attempt.message, attempt.caller.settings)
    let letter = Letter(
      subject: try subject(attempt), messageID: message.id, requestID: message.requestID,
      to: recipient(details, message.kind), from: settings.mailFrom, brand: settings.brand,
      locale: details.readerLocale, createdAt: message.queuedAt,
      data: details.data)
    do { return try parts.composer.compose(letter) } catch {
      throw attempt.retry("template_\(error.cause)")
    }
  }

  private func subject(_ attempt: MailAttempt) throws(NoMail) -> Letter.Subject {
    switch attempt.message.kind {
    case .changed: return .changed
    case .noAccount: return .noAccount
    case .event: throw NoMail(.dead(cause: "unknown_kind"))
    case .link:
      // Under the key that sealed the row, so that another attempt after a rotation carries this
      // link.
      do {
        let token = try parts.vault.mint(
          .reset, for: attempt.message.requestID, under: attempt.ready.kid)
        return .link(parts.link(token), lifetime: parts.lifetime)
      } catch { throw attempt.retry("token_not_minted") }
    }
  }
}
