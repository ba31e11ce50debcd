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
  private func send(
    _ mail: MailPreparation.Opened, with permit: consuming TransportPermits.Permit
  ) async {
    let held = mail.attempt.held
    let rendered: RenderedMail
    do {
      try await preparation.judge(mail)
      rendered = try preparation.compose(mail)
    } catch {
      permit.giveBack()
      if let end = error.end { await book.finish(held, end) }
      return
    }
    let result = await parts.chain.deliver(rendered, under: held, with: permit)
    var end = await end(of: result, mail)
    end.transport = result.transport
    await book.finish(held, end)
  }

  private func end(
    of result: TransportChain.Result, _ mail: MailPreparation.Opened
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
  private func suppress(_ mail: MailPreparation.Opened, by transport: String) async {
    guard
      let suppression = try? parts.suppressor.suppression(
        of: mail.to, for: mail.attempt.caller.name, .refused, by: transport)
    else { return }
    try? await parts.suppressions.add(suppression)
  }
}

extension MailDelivery: MessageDelivery {
  var permits: TransportPermits { parts.chain.permits }

  var demand: Int { permits.demand }

  /// Whoever has to be asked is asked before a permit is taken.
  func first(_ held: HeldMessage) -> Step {
    do throws(NoMail) {
      let mail = try preparation.open(held)
      return preparation.isComplete(mail) ? ready(mail) : .asks { await complete(mail) }
    } catch { return end(held, error) }
  }

  private func complete(_ mail: MailPreparation.Opened) async -> Step {
    do throws(NoMail) { return ready(try await preparation.complete(mail)) } catch {
      return end(mail.attempt.held, error)
    }
  }

  private func ready(_ mail: MailPreparation.Opened) -> Step {
    .ready { permits.begin { permit in await send(mail, with: permit) } }
  }

  private func end(_ held: HeldMessage, _ reason: NoMail) -> Step {
    .ends { if let end = reason.end { await book.finish(held, end) } }
  }
}
