/// Work that can be given up while it waits.
protocol Waiting: AnyObject {
  var isEnded: Bool { get }
}

/// Waiting work: first come, first served within a key, and the keys take turns, so a server that
/// takes its time delays only its own mail.
struct TurnQueue<Key: Hashable, Job: Waiting> {
  private struct Line {
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

  private var lines: [Key: Line] = [:]
  private var turns: [Key] = []

  var isEmpty: Bool { turns.isEmpty }

  mutating func append(_ job: Job, for key: Key) {
    if lines[key] == nil { turns.append(key) }
    lines[key, default: Line()].append(job)
  }

  /// The next job of the first key in turn that `canStart`; that key then goes to the end.
  mutating func next(where canStart: (Key) -> Bool) -> Job? {
    var index = 0
    while index < turns.count {
      let key = turns[index]
      guard lines[key]?.dropEnded() == true else {
        lines[key] = nil
        turns.remove(at: index)
        continue
      }
      if canStart(key) {
        turns.remove(at: index)
        turns.append(key)
        return lines[key]?.removeFirst()
      }
      index += 1
    }
    return nil
  }
}
