internal import CCurl

/// All HTTP calls of one loop: what waits, and what libcurl has in hand.
final class HTTPPool {
  private let multi: MultiHandle
  private let limits: TransferLimits
  private var jobs: [UInt64: CallJob] = [:]
  private var queue = TurnQueue<String, CallJob>()
  /// By the address of the easy handle.
  private var running: [UInt: HTTPExchange] = [:]
  private var runningByOrigin: [String: Int] = [:]
  private var spares: [EasyHandle] = []

  init(_ multi: MultiHandle, _ limits: TransferLimits) {
    self.multi = multi
    self.limits = limits
    multi.set(CURLMOPT_MAXCONNECTS, limits.maxConnections)
    multi.set(CURLMOPT_MAX_TOTAL_CONNECTIONS, limits.maxConnections)
    multi.set(CURLMOPT_MAX_HOST_CONNECTIONS, limits.maxConnectionsPerHost)
  }

  func submit(_ submission: CallSubmission) {
    let job = CallJob(submission)
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

  private func end(_ job: CallJob, _ kind: TransferError.Kind) {
    let exchange = running.values.first { $0.job === job }
    let isSent = exchange?.isSent ?? false
    if let exchange { release(exchange) }
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
      guard let exchange = running[ended.easy] else { continue }
      hasEnded = true
      let result = exchange.result(ended.code)
      release(exchange)
      jobs[exchange.job.id] = nil
      exchange.job.end(result)
    }
    return hasEnded
  }

  private func start(_ job: CallJob) {
    guard let easy = spares.popLast() ?? EasyHandle(),
      let exchange = HTTPExchange(job, easy, idleLifetime: limits.idleLifetime), multi.add(easy)
    else {
      jobs[job.id] = nil
      return job.end(.failure(TransferError(.connect, cause: "local")))
    }
    running[easy.address] = exchange
    runningByOrigin[job.origin, default: 0] += 1
  }

  private func release(_ exchange: HTTPExchange) {
    let easy = exchange.easy
    let origin = exchange.job.origin
    multi.remove(easy)
    easy.reset()
    running[easy.address] = nil
    runningByOrigin[origin, default: 1] -= 1
    if runningByOrigin[origin] == 0 { runningByOrigin[origin] = nil }
    spares.append(easy)
  }
}
