import Logging
import PasswordReset
import Synchronization

/// Keeps what it is asked to compose; the mail's bytes are the link.
final class Composer: MessageComposer {
  private let fault: CompositionError?
  private let kept = Mutex<[LinkLetter]>([])

  init(fault: CompositionError? = nil) { self.fault = fault }

  var letters: [LinkLetter] { kept.withLock { $0 } }

  func compose(_ letter: LinkLetter) throws(CompositionError) -> RenderedMail {
    kept.withLock { $0.append(letter) }
    if let fault { throw fault }
    return RenderedMail(
      from: letter.from.address, to: letter.to, bytes: Array(letter.link.utf8))
  }
}

/// Answers every mail in one way, and keeps it.
final class Transport: MailTransport {
  private let outcome: DeliveryOutcome
  private let onDelivery: @Sendable () -> Void
  private let kept = Mutex<[RenderedMail]>([])

  init(_ outcome: DeliveryOutcome = .delivered, onDelivery: @escaping @Sendable () -> Void = {}) {
    self.outcome = outcome
    self.onDelivery = onDelivery
  }

  var mails: [RenderedMail] { kept.withLock { $0 } }

  func deliver(_ mail: RenderedMail) async -> DeliveryOutcome {
    kept.withLock { $0.append(mail) }
    onDelivery()
    return outcome
  }
}

/// Holds every mail until it is let through, or until its task is cancelled.
final class Gate: MailTransport {
  struct State: Sendable {
    var waiting: [Int: CheckedContinuation<DeliveryOutcome, Never>] = [:]
    var arrived = 0
  }

  let state = Watched(State())

  func deliver(_ mail: RenderedMail) async -> DeliveryOutcome {
    let ticket = state.update { state in
      state.arrived += 1
      return state.arrived
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        state.update { $0.waiting[ticket] = continuation }
        if Task.isCancelled { open(ticket, .transient(cause: "cancelled")) }
      }
    } onCancel: {
      open(ticket, .transient(cause: "cancelled"))
    }
  }

  /// Lets the mail through that has waited longest.
  func openOne() {
    if let ticket = state.value.waiting.keys.min() { open(ticket, .delivered) }
  }

  /// Lets one mail through that is not this one.
  func openAny(but ticket: Int) {
    if let other = state.value.waiting.keys.first(where: { $0 != ticket }) {
      open(other, .delivered)
    }
  }

  private func open(_ ticket: Int, _ outcome: DeliveryOutcome) {
    state.update { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: outcome)
  }
}

/// A directory that knows one answer, and keeps whom it was asked for.
final class Directory: AccountDirectory {
  private let answer: Result<Account?, DirectoryError>
  private let kept = Mutex<[String]>([])

  init(_ answer: Result<Account?, DirectoryError>) { self.answer = answer }

  var asked: [String] { kept.withLock { $0 } }

  func account(
    for address: EmailAddress, caller: Caller
  ) async throws(DirectoryError) -> Account? {
    kept.withLock { $0.append(address.text) }
    return try answer.get()
  }
}

/// Keeps every line with its facts.
final class LogBook: Sendable {
  let lines = Watched<[String]>([])

  var logger: Logger {
    var logger = Logger(label: "test") { _ in Handler(book: self) }
    logger.logLevel = .trace
    return logger
  }

  private struct Handler: LogHandler {
    let book: LogBook
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let facts = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
      let text = facts.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      let line = "\(event.level) \(event.message) \(text)"
      book.lines.update { $0.append(line) }
    }
  }
}
