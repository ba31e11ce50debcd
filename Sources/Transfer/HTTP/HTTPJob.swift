/// A call as it enters the loop.
struct HTTPSubmission: Sendable {
  let id: UInt64
  let call: HTTPTransfer
  /// Scheme, host and port, what connections are counted by.
  let origin: String
  let continuation: CheckedContinuation<Result<HTTPAnswer, TransferError>, Never>
}

/// A call inside the loop, from waiting to its one result.
final class HTTPJob: Waiting {
  let id: UInt64
  let call: HTTPTransfer
  let origin: String
  private var continuation: CheckedContinuation<Result<HTTPAnswer, TransferError>, Never>?

  var isEnded: Bool { continuation == nil }

  init(_ submission: HTTPSubmission) {
    id = submission.id
    call = submission.call
    origin = submission.origin
    continuation = submission.continuation
  }

  func end(_ result: Result<HTTPAnswer, TransferError>) {
    continuation?.resume(returning: result)
    continuation = nil
  }
}
