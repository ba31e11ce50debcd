/// A mail as it enters the loop.
struct SMTPSubmission: Sendable {
  let id: UInt64
  let mail: SMTPTransfer
  /// Found out by the caller's task, so the loop never reads a message through but to send it.
  let hasEightBitContent: Bool
  let continuation: CheckedContinuation<SMTPResult, Never>
}

/// A mail inside the loop, from waiting to its one result.
final class SMTPJob: Waiting {
  let id: UInt64
  let mail: SMTPTransfer
  let hasEightBitContent: Bool
  let server: SMTPServerState
  private let onEnd: (SMTPJob) -> Void
  private var continuation: CheckedContinuation<SMTPResult, Never>?
  /// Set when it leaves the queue.
  private(set) var deadline: ContinuousClock.Instant?
  /// Its first connection was a dead one; once is all it gets.
  var needsFreshConnection = false

  var isEnded: Bool { continuation == nil }

  init(_ submission: SMTPSubmission, _ server: SMTPServerState, onEnd: @escaping (SMTPJob) -> Void)
  {
    id = submission.id
    mail = submission.mail
    hasEightBitContent = submission.hasEightBitContent
    continuation = submission.continuation
    self.server = server
    self.onEnd = onEnd
  }

  func start(at now: ContinuousClock.Instant) {
    if deadline == nil { deadline = now + mail.timeout }
  }

  func end(_ result: SMTPResult) {
    guard let continuation else { return }
    self.continuation = nil
    onEnd(self)
    continuation.resume(returning: result)
  }
}
