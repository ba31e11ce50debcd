import Glibc
import Synchronization
import Threading

/// Writes log lines on a thread of its own. A reader that has stopped reading costs lines, which are
/// counted, and never a request or a probe.
actor LogLines {
  static let standardError = LogLines(STDERR_FILENO)

  private nonisolated let thread = DedicatedThread(name: "log")
  private nonisolated let descriptor: Int32
  private nonisolated let pending = Mutex(Pending())

  private struct Pending {
    var bytes: [UInt8] = []
    var lost = 0
    var isWriting = false
  }

  /// Octets that may wait: some thousands of lines.
  static let capacity = 1_048_576

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Takes a line, or counts it as lost.
  /// - Returns: how many were lost before this one and have not been told of.
  nonisolated func append(_ line: [UInt8]) -> Int {
    let (lost, mustStart) = pending.withLock { pending in
      guard pending.bytes.count + line.count <= Self.capacity else {
        pending.lost += 1
        return (0, false)
      }
      pending.bytes += line
      defer { (pending.lost, pending.isWriting) = (0, true) }
      return (pending.lost, !pending.isWriting)
    }
    if mustStart { Task { await write() } }
    return lost
  }

  private func write() {
    while true {
      let bytes = pending.withLock { pending in
        defer { pending.bytes.removeAll() }
        pending.isWriting = !pending.bytes.isEmpty
        return pending.bytes
      }
      guard !bytes.isEmpty else { return }
      Console.write(bytes, to: descriptor)
    }
  }

  /// Lines go straight into a file, which nobody keeps from being written.
  static func file(_ descriptor: Int32) -> @Sendable ([UInt8]) -> Int {
    { line in Console.write(line, to: descriptor) ? 0 : 1 }
  }

  /// Waits until everything is written, for a second at most.
  nonisolated func flush() async {
    for _ in 0..<1000 where pending.withLock({ $0.isWriting }) {
      // The writer is a thread that tells nobody, and this happens once, at the end.
      try? await Task.sleep(for: .milliseconds(1))
    }
  }
}
