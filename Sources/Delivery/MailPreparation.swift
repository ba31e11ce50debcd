public import Logging
import PasswordReset

/// Takes one claimed mail from lease to end: opens it, finds the account, mints the token, renders
/// the mail and hands it over. Nothing of this is repeated inside: a failure is an attempt's end.
public struct MailCourier: Sendable {
  let parts: Parts
  private let book: AttemptBook

  public init(_ parts: Parts, logger: Logger) {
    self.parts = parts
    book = AttemptBook(
      outbox: parts.outbox, schedule: parts.schedule, giveUp: parts.giveUp, logger: logger)
  }

  /// One message on its way.
  struct Errand {
    let held: HeldMessage
    let ready: ClaimedMessage.Ready
    let caller: Caller

    var message: ClaimedMessage { held.message }
  }

  /// - Parameter onLeft: called when the transport has no more to do with it; only its end has still
  ///   to be written down.
  func deliver(
    _ held: HeldMessage, at place: TransportChain.Place, onLeft: @Sendable () -> Void
  ) async {
    let mail: Prepared
    do {
      mail = try await prepare(held)
    } catch {
      parts.chain.leave(place)
      onLeft()
      if let end = error.end { await book.finish(held, end) }
      return
    }
    let result = await parts.chain.deliver(mail.rendered, under: held, at: place)
    onLeft()
    var end = await end(of: result, mail)
    end.transport = result.transport
    await book.finish(held, end)
  }

  private struct Prepared {
    let errand: Errand
    let rendered: RenderedMail
  }

  /// Why there is no mail; without an end where the message has been turned into another.
  struct NoMail: Error {
    let end: AttemptEnd?

    init(_ outcome: AttemptOutcome) { end = AttemptEnd(outcome: outcome) }

    init(end: AttemptEnd?) { self.end = end }
  }

  private func prepare(_ held: HeldMessage) async throws(NoMail) -> Prepared {
    let message = held.message
    let ready: ClaimedMessage.Ready
    switch message.content {
    case .ready(let content): ready = content
    case .revoked, .orphan: throw NoMail(.dropped(.revoked))
    case .expired(let caller):
      throw NoMail(end: reported(book.tooLate(message), parts.callers.value[caller]))
    }
    let errand = Errand(held: held, ready: ready, caller: parts.callers.value[ready.caller])
    guard message.lost < parts.poisonAfter else {
      throw NoMail(end: reported(AttemptEnd(outcome: .dead(cause: "poison")), errand.caller))
    }
    let details = try await details(of: errand)
    try await checkSuppression(details, errand)
    return Prepared(errand: errand, rendered: try compose(details, errand))
  }

  func retry(_ errand: Errand, _ cause: String) -> NoMail {
    NoMail(end: reported(book.retry(errand.held, cause), errand.caller))
  }

  /// Tells the main app of an end that means that the mail will not arrive.
  private func reported(_ end: AttemptEnd, _ caller: Caller) -> AttemptEnd {
    var end = end
    switch end.outcome {
    case .dead, .dropped(.expired), .dropped(.suppressed):
      end.report = caller.settings.wantsEvents ? .deliveryFailed : nil
    case .sent, .retry, .dropped, .released: break
    }
    return end
  }
}

extension MailCourier {
  /// The claim has looked for the typed address already.
  private func checkSuppression(
    _ details: RequestDetails, _ errand: Errand
  ) async throws(NoMail) {
    var isSuppressed = errand.ready.isSuppressed
    let to = recipient(details, errand.message.kind)
    if to.identity != details.email.identity {
      do {
        isSuppressed = try await parts.suppressions.contains(try parts.vault.addressKey(to))
      } catch { throw retry(errand, "suppressions_not_read") }
    }
    guard isSuppressed else { return }
    throw NoMail(end: reported(AttemptEnd(outcome: .dropped(.suppressed)), errand.caller))
  }

  private func recipient(_ details: RequestDetails, _ kind: MessageKind) -> EmailAddress {
    kind == .noAccount ? details.email : details.mailedTo
  }

  private func compose(
    _ details: RequestDetails, _ errand: Errand
  ) throws(NoMail) -> RenderedMail {
    let (message, settings) = (errand.message, errand.caller.settings)
    let letter = Letter(
      subject: try subject(errand), messageID: message.id, requestID: message.requestID,
      to: recipient(details, message.kind), from: settings.mailFrom, brand: settings.brand,
      locale: details.account?.locale ?? details.locale, createdAt: message.queuedAt,
      data: details.data)
    do { return try parts.composer.compose(letter) } catch {
      throw retry(errand, "template_\(error.cause)")
    }
  }

  private func subject(_ errand: Errand) throws(NoMail) -> Letter.Subject {
    switch errand.message.kind {
    case .changed: return .changed
    case .noAccount: return .noAccount
    case .event: throw NoMail(.dead(cause: "unknown_kind"))
    case .link:
      // Under the key that sealed the row, so that another attempt after a rotation carries this
      // link.
      do {
        let token = try parts.vault.mint(
          .reset, for: errand.message.requestID, under: errand.ready.kid)
        return .link(parts.link(token), lifetime: parts.lifetime)
      } catch { throw retry(errand, "token_not_minted") }
    }
  }
}

extension MailCourier {
  private func end(of result: TransportChain.Result, _ mail: Prepared) async -> AttemptEnd {
    let held = mail.errand.held
    let end: AttemptEnd
    switch result.outcome {
    case .delivered: return AttemptEnd(outcome: .sent)
    // Stopped until another worker might have taken it: interrupted, not failed.
    case _ where result.outcome.isLeaseLost: return book.handBack
    case .transient(let cause, _, let askedFor):
      end = book.retry(held, cause, askedFor: askedFor)
    case .uncertain(let cause): end = book.retryAfterUncertain(held, cause)
    case .permanent(let cause, let isRecipient):
      if isRecipient { await suppress(mail.rendered.to, by: result.transport) }
      end = AttemptEnd(outcome: .dead(cause: cause))
    }
    return reported(end, mail.errand.caller)
  }

  /// Where this fails, the next mail to the address is refused as this one was.
  private func suppress(_ address: EmailAddress, by transport: String) async {
    guard
      let suppression = try? parts.suppressor.suppression(of: address, .refused, by: transport)
    else { return }
    try? await parts.suppressions.add(suppression)
  }
}
