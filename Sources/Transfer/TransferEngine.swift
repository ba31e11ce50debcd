internal import CCurl

/// The loop itself. Lives on one thread; nothing of it is seen by another.
final class TransferEngine {
  private let submissions: SubmissionQueue
  private let multi: MultiHandle
  private let mails: SMTPPool
  private let calls: HTTPPool
  private var descriptors: [curl_waitfd] = []

  init?(_ submissions: SubmissionQueue, _ limits: TransferLimits) {
    guard let multi = MultiHandle() else { return nil }
    self.submissions = submissions
    self.multi = multi
    mails = SMTPPool(limits)
    calls = HTTPPool(multi, limits)
    submissions.setWaker(Waker(multi))
  }

  /// Returns when the loop has been stopped and everything has ended.
  func run() {
    while takeWork() {
      let now = ContinuousClock.now
      mails.dispatch(now)
      calls.dispatch()
      wait(now)
      mails.advance(descriptors, .now)
    }
    mails.stop()
    calls.stop()
    submissions.forgetWaker()
  }

  /// False when the loop is to stop.
  private func takeWork() -> Bool {
    let batch = submissions.takeBatch()
    for submission in batch.mails { mails.submit(submission) }
    for submission in batch.calls { calls.submit(submission) }
    for id in batch.cancelled {
      mails.cancel(id)
      calls.cancel(id)
    }
    return !batch.isStopping
  }

  private func wait(_ now: ContinuousClock.Instant) {
    descriptors.removeAll(keepingCapacity: true)
    mails.appendSockets(to: &descriptors)
    multi.poll(&descriptors, milliseconds: pollTimeout(now))
  }

  /// The time to the next deadline of a mail, at most a minute; libcurl knows those of the calls.
  private func pollTimeout(_ now: ContinuousClock.Instant) -> Int32 {
    guard let wakeTime = mails.wakeTime else { return 60_000 }
    return wakeTime <= now ? 0 : Int32(clamping: min(60_000, (wakeTime - now).wholeMilliseconds))
  }
}
