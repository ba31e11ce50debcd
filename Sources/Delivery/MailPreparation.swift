import PasswordReset

/// Makes the mail of a claimed message: opens it, finds the account, mints the token, renders.
struct MailPreparation: Sendable {
  let parts: MailParts
  let book: AttemptBook

  /// A message with what its request says.
  struct Opened: Sendable {
    let attempt: MailAttempt
    var details: RequestDetails

    var to: EmailAddress {
      attempt.message.kind == .noAccount ? details.email : details.mailedTo
    }
  }

  func open(_ held: HeldMessage) throws(NoMail) -> Opened {
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
    do {
      let details = try parts.vault.open(ready.sealed, kid: ready.kid, for: message.requestID)
      return Opened(attempt: attempt, details: details)
    } catch { throw attempt.retry("sealed_request_not_opened") }
  }

  /// Whether it can be rendered as it is, without anybody being asked.
  func isComplete(_ mail: Opened) -> Bool {
    !AccountLookup(parts: parts).isNeeded(for: mail.details, mail.attempt)
      && !mail.attempt.ready.isSuppressed && mail.to.identity == mail.details.email.identity
  }

  /// Names the account, and sees that its address may have mail.
  func complete(_ mail: Opened) async throws(NoMail) -> Opened {
    var mail = mail
    mail.details = try await AccountLookup(parts: parts).named(mail.details, mail.attempt)
    try await checkSuppression(mail)
    return mail
  }

  /// The claim has looked for the typed address already.
  private func checkSuppression(_ mail: Opened) async throws(NoMail) {
    let attempt = mail.attempt
    var isSuppressed = attempt.ready.isSuppressed
    if mail.to.identity != mail.details.email.identity {
      do {
        isSuppressed = try await parts.suppressions.contains(
          try parts.vault.addressKey(mail.to, caller: attempt.caller.name))
      } catch { throw attempt.retry("suppressions_not_read") }
    }
    guard isSuppressed else { return }
    throw NoMail(end: AttemptEnd(outcome: .dropped(.suppressed)).reported(to: attempt.caller))
  }

  /// Since its claim, or since its account was named, the link may have been withdrawn, or another one
  /// used: with its permit in hand it is compared with its account row once more.
  func judge(_ mail: Opened) async throws(NoMail) {
    let held = mail.attempt.held
    guard held.message.kind == .link else { return }
    let refusal: TokenRefusal?
    do { refusal = try await parts.refusal(held.message.requestID) } catch {
      throw mail.attempt.retry("request_not_read")
    }
    switch refusal {
    case nil: return
    case .expired: throw NoMail(end: book.tooLate(held.message).reported(to: mail.attempt.caller))
    default: throw NoMail(.dropped(.revoked))
    }
  }

  func compose(_ mail: Opened) throws(NoMail) -> RenderedMail {
    let (attempt, message, details) = (mail.attempt, mail.attempt.message, mail.details)
    let settings = attempt.caller.settings
    let letter = Letter(
      subject: try subject(attempt), messageID: message.id, requestID: message.requestID,
      to: mail.to, from: settings.mailFrom, brand: settings.brand,
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
