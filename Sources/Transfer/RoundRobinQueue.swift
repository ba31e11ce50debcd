/// Work that can be given up while it waits.
protocol Waiting: AnyObject {
  var isEnded: Bool { get }
}

/// Waiting work: first come, first served within a key, and the keys take turns, so a server that
/// takes its time delays only its own mail.
struct RoundRobinQueue<Key: Hashable, Job: Waiting> {
  private struct FIFO {
    private var jobs: [Job?] = []
    private var head = 0

    mutating func append(_ job: Job) { jobs.append(job) }

    /// Work given up while waiting is dropped when its turn comes. False if none is left.
    mutating func dropEnded() -> Bool {
      while head < jobs.count {
        if let job = jobs[head], !job.isEnded { return true }
        _ = removeFirst()
      }
      return false
    }

    mutating func removeFirst() -> Job? {
      guard head < jobs.count else { return nil }
      let job = jobs[head]
      jobs[head] = nil
      head += 1
      if head >= 1024 {
        jobs.removeFirst(head)
        head = 0
      }
      return job
    }
  }

  private var queues: [Key: FIFO] = [:]
  private var turns: [Key] = []

  var isEmpty: Bool { turns.isEmpty }

  mutating func append(_ job: Job, for key: Key) {
    if queues[key] == nil { turns.append(key) }
    queues[key, default: FIFO()].append(job)
  }

  /// The next job of the first key in turn that `canStart`; that key then goes to the end.
  mutating func next(where canStart: (Key) -> Bool) -> Job? {
    var index = 0
    while index < turns.count {
      let key = turns[index]
      guard queues[key]?.dropEnded() == true else {
        queues[key] = nil
        turns.remove(at: index)
        continue
      }
      if canStart(key) {
        turns.remove(at: index)
        turns.append(key)
        return queues[key]?.removeFirst()
      }
      index += 1
    }
    return nil
  }
}
