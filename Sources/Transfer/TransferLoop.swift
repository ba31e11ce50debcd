internal import Threading

/// Hands over mail and makes HTTPS calls with libcurl, all on one thread of its own.
///
/// Connections are kept and used again. What exceeds the limits waits in order of arrival, the
/// servers taking turns. Cancelling the task ends its transfer at once.
public final class TransferLoop: Sendable {
  private let submissions: SubmissionQueue

  /// - Parameters:
  ///   - maxConnections: 1 to 1000; counted for mail and for HTTP each.
  ///   - maxConnectionsPerHost: to one endpoint or origin, 1 to `maxConnections`.
  ///   - idleLifetime: how long an unused connection is kept, 1 s to 1 h.
  ///     Values out of bounds are moved to the nearest bound.
  /// - Throws: `.connect` with cause `local` if the system gives no thread.
  public init(
    maxConnections: Int = 20, maxConnectionsPerHost: Int = 20,
    idleLifetime: Duration = .seconds(60)
  ) throws(TransferError) {
    let limits = TransferLimits(
      maxConnections: maxConnections, maxConnectionsPerHost: maxConnectionsPerHost,
      idleLifetime: idleLifetime)
    let submissions = SubmissionQueue()
    self.submissions = submissions
    let isRunning = DedicatedThread.run(name: "transfer") {
      TransferEngine(submissions, limits)?.run()
      submissions.finish()
    }
    guard isRunning else { throw TransferError(.connect, cause: "local") }
  }

  /// A loop that nobody holds stops by itself; what is under way ends as `stopped`.
  deinit { submissions.stop() }

  /// Hands over one mail. Never throws: every way it can end is a result.
  public func perform(_ mail: SMTPTransfer) async -> SMTPResult {
    if let refusal = mail.refusal { return refusal }
    let hasEightBitContent = mail.hasEightBitContent
    return await submit { batch, id, continuation in
      batch.mails.append(
        SMTPSubmission(
          id: id, mail: mail, hasEightBitContent: hasEightBitContent, continuation: continuation))
    } otherwise: {
      .transient(SMTPFailure(stage: .connect, cause: "stopped"))
    }
  }

  /// Makes one call. Any status is an answer, redirects included. A kept connection that turns out
  /// to be dead before the first byte of an answer is replaced and the call repeated, as long as
  /// nothing of its body was handed over or the call `isRepeatable`.
  public func perform(_ call: HTTPTransfer) async throws(TransferError) -> HTTPAnswer {
    let origin = try call.validatedOrigin()
    let result: Result<HTTPAnswer, TransferError> = await submit { batch, id, continuation in
      batch.calls.append(
        HTTPSubmission(id: id, call: call, origin: origin, continuation: continuation))
    } otherwise: {
      .failure(TransferError(.stopped))
    }
    return try result.get()
  }

  /// Ends everything that waits or runs, says goodbye on idle connections and returns when the
  /// thread holds nothing any more. Every later transfer ends as `stopped`; a second call waits
  /// for the same end.
  public func stop() async {
    submissions.stop()
    await submissions.waitUntilStopped()
  }

  private func submit<Value: Sendable>(
    _ enter: (inout SubmissionQueue.Batch, UInt64, CheckedContinuation<Value, Never>) -> Void,
    otherwise: () -> Value
  ) async -> Value {
    let id = submissions.makeID()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isEntered = submissions.submit { batch in
          enter(&batch, id, continuation)
          // A task cancelled before the work was entered has had nothing to cancel yet. Both go in
          // at once, so that the loop never begins what was cancelled before.
          if Task.isCancelled { batch.cancelled.append(id) }
        }
        if !isEntered { continuation.resume(returning: otherwise()) }
      }
    } onCancel: {
      submissions.cancel(id)
    }
  }
}
