import Foundation
import Glibc

/// What a start finds that was not stopped: a server that still runs, or a `postmaster.pid` whose
/// number belongs to somebody else by now, which PostgreSQL would take for a running server.
struct FormerPostmaster {
  let home: ClusterHome

  private var file: String { "\(home.data)/postmaster.pid" }

  /// Ends the one and removes the other. A number that is nobody's is left to PostgreSQL, which
  /// knows it for stale and looks for orphaned children too.
  func end() async throws {
    guard let pid = recorded, kill(pid, 0) == 0 || errno == EPERM else { return }
    guard isOurs(pid) else {
      unlink(file)
      return
    }
    let end = ContinuousClock.now + .seconds(30)
    // It may be ending already, because its parent has died; asking twice does no harm.
    kill(pid, SIGINT)
    while isOurs(pid) {
      guard ContinuousClock.now < end else {
        throw CommandFailure(description: "PostgreSQL of a former start (pid \(pid)) does not end")
      }
      // No child of this process, so its end is not told.
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private var recorded: pid_t? {
    guard let data = FileManager.default.contents(atPath: file) else { return nil }
    let line = data.prefix { $0 != UInt8(ascii: "\n") }
    return pid_t(String(decoding: line, as: UTF8.self)).flatMap { $0 > 1 ? $0 : nil }
  }

  /// Whether it was started with our data directory; a zombie has no arguments any more.
  private func isOurs(_ pid: pid_t) -> Bool {
    guard let arguments = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else {
      return false
    }
    return arguments.split(separator: 0).contains { $0.elementsEqual(home.data.utf8) }
  }
}
