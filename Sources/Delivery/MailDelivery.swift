public import Logging
import PasswordReset

/// Takes one claimed mail from lease to end: has it made, hands it over, writes down what became of
/// it. Nothing of this is repeated inside: a failure is an attempt's end.
public struct MailDelivery: Sendable {
  private let parts: MailParts
  private let book: AttemptBook
  private let preparation: MailPreparation

  public init(_ parts: MailParts, logger: Logger) {
    self.parts = parts
    book = AttemptBook(
      outbox: parts.outbox, schedule: parts.schedule, giveUp: parts.giveUp, logger: logger)
    preparation = MailPreparation(parts: parts, book: book)
  }

  /// The permit comes back when the transport has no more to do with the mail: only its end has
  /// still to be written down.
  private func deliver(
    _ held: HeldMessage, with permit: consuming TransportPermits.Permit
  ) async {
    let mail: MailPreparation.Prepared
    do {
      mail = try await preparation.prepare(held)
    } catch {
      permit.giveBack()
      if let end = error.end { await book.finish(held, end) }
      return
    }
    let result = await parts.chain.deliver(mail.rendered, under: held, with: permit)
    var end = await end(of: result, mail)
    end.transport = result.transport
    await book.finish(held, end)
  }

  private func end(
    of result: TransportChain.Result, _ mail: MailPreparation.Prepared
  ) async -> AttemptEnd {
    let held = mail.attempt.held
    let end: AttemptEnd
    switch result.outcome {
    case .delivered: return AttemptEnd(outcome: .sent)
    // Stopped until another worker might have taken it: interrupted, not failed.
    case _ where result.outcome.isLeaseLost: return book.handBack
    case .transient(let cause, _, let askedFor):
      end = book.retry(held, cause, askedFor: askedFor)
    case .uncertain(let cause): end = book.retryAfterUncertain(held, cause)
    case .permanent(let cause, let isRecipient):
      if isRecipient { await suppress(mail, by: result.transport) }
      end = AttemptEnd(outcome: .dead(cause: cause))
    }
    return end.reported(to: mail.attempt.caller)
  }

  /// Where this fails, the next mail to the address is refused as this one was.
  private func suppress(_ mail: MailPreparation.Prepared, by transport: String) async {
    guard
      let suppression = try? parts.suppressor.suppression(
        of: mail.rendered.to, for: mail.attempt.caller.name, .refused, by: transport)
    else { return }
    try? await parts.suppressions.add(suppression)
  }
}

extension MailDelivery: MessageDelivery {
  var permits: TransportPermits { parts.chain.permits }

  var demand: Int { permits.demand }

  func begin(_ message: HeldMessage) -> Work? {
    permits.begin { permit in await deliver(message, with: permit) }
  }
}
