/// A mail as it enters the loop.
struct MailSubmission: Sendable {
  let id: UInt64
  let mail: SMTPTransfer
  let continuation: CheckedContinuation<SMTPResult, Never>
}

/// A mail inside the loop, from waiting to its one result.
final class MailJob: Waiting {
  let id: UInt64
  let mail: SMTPTransfer
  private let onEnd: (UInt64) -> Void
  private var continuation: CheckedContinuation<SMTPResult, Never>?
  /// Set when it leaves the queue.
  private(set) var deadline: ContinuousClock.Instant?
  /// Its first connection was a dead one; once is all it gets.
  var needsFreshConnection = false

  var isEnded: Bool { continuation == nil }

  init(_ submission: MailSubmission, onEnd: @escaping (UInt64) -> Void) {
    id = submission.id
    mail = submission.mail
    continuation = submission.continuation
    self.onEnd = onEnd
  }

  func start(at now: ContinuousClock.Instant) {
    if deadline == nil { deadline = now + mail.timeout }
  }

  func end(_ result: SMTPResult) {
    guard let continuation else { return }
    self.continuation = nil
    onEnd(id)
    continuation.resume(returning: result)
  }
}
