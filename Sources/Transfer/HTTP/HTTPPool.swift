internal import CCurl

/// All HTTP calls of one loop: what waits, and what libcurl has in hand.
final class HTTPPool {
  private let multi: MultiHandle
  private let limits: TransferLimits
  private var jobs: [UInt64: HTTPJob] = [:]
  private var queue = RoundRobinQueue<String, HTTPJob>()
  /// By the address of the easy handle.
  private var running: [UInt: HTTPCall] = [:]
  private var runningByOrigin: [String: Int] = [:]
  private var spares: [EasyHandle] = []

  init(_ multi: MultiHandle, _ limits: TransferLimits) {
    self.multi = multi
    self.limits = limits
    multi.set(CURLMOPT_MAXCONNECTS, limits.maxConnections)
    multi.set(CURLMOPT_MAX_TOTAL_CONNECTIONS, limits.maxConnections)
    multi.set(CURLMOPT_MAX_HOST_CONNECTIONS, limits.maxConnectionsPerHost)
  }

  func submit(_ submission: HTTPSubmission) {
    let job = HTTPJob(submission)
    jobs[job.id] = job
    queue.append(job, for: job.origin)
  }

  func cancel(_ id: UInt64) {
    guard let job = jobs[id] else { return }
    end(job, .cancelled)
  }

  func stop() {
    for job in Array(jobs.values) { end(job, .stopped) }
    spares = []
  }

  private func end(_ job: HTTPJob, _ kind: TransferError.Kind) {
    let call = running.values.first { $0.job === job }
    let isSent = call?.isSent ?? false
    if let call { release(call) }
    jobs[job.id] = nil
    job.end(.failure(TransferError(kind, mayHaveBeenReceived: isSent)))
  }

  /// Lets libcurl go on, ends what it has finished and hands it what may start.
  func dispatch() {
    repeat {
      startWaiting()
      guard !running.isEmpty else { return }
      multi.perform()
    } while collectEnded() && !queue.isEmpty
  }

  private func startWaiting() {
    while running.count < limits.maxConnections, let job = queue.next(where: hasRoom) {
      start(job)
    }
  }

  private func hasRoom(for origin: String) -> Bool {
    runningByOrigin[origin, default: 0] < limits.maxConnectionsPerHost
  }

  /// Whether anything had ended.
  private func collectEnded() -> Bool {
    var hasEnded = false
    while let ended = multi.nextEnded() {
      guard let call = running[ended.easy] else { continue }
      hasEnded = true
      let result = call.result(ended.code)
      release(call)
      jobs[call.job.id] = nil
      call.job.end(result)
    }
    return hasEnded
  }

  private func start(_ job: HTTPJob) {
    guard let easy = spares.popLast() ?? EasyHandle(),
      let call = HTTPCall(job, easy, idleLifetime: limits.idleLifetime), multi.add(easy)
    else {
      jobs[job.id] = nil
      return job.end(.failure(TransferError(.connect, cause: "local")))
    }
    running[easy.address] = call
    runningByOrigin[job.origin, default: 0] += 1
  }

  private func release(_ call: HTTPCall) {
    let easy = call.easy
    let origin = call.job.origin
    multi.remove(easy)
    easy.reset()
    running[easy.address] = nil
    runningByOrigin[origin, default: 1] -= 1
    if runningByOrigin[origin] == 0 { runningByOrigin[origin] = nil }
    spares.append(easy)
  }
}
