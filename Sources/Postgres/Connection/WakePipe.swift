import Glibc

/// Ends a poll(2) in another thread: once signalled, its reading end stays readable.
final class WakePipe: Sendable {
  let readingEnd: Int32
  private let writingEnd: Int32

  init() throws(PostgresError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      throw .unavailable(reason: "pipe failed: \(errno)")
    }
    readingEnd = ends[0]
    writingEnd = ends[1]
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  deinit {
    close(readingEnd)
    close(writingEnd)
  }

  func signal() {
    var byte: UInt8 = 1
    _ = unsafe write(writingEnd, &byte, 1)
  }

  /// - Returns: whether it was signalled within `limit`.
  func wait(atMost limit: Duration) -> Bool {
    let deadline = Deadline(after: limit)
    var descriptor = pollfd(fd: readingEnd, events: Int16(POLLIN), revents: 0)
    while !deadline.hasPassed {
      if unsafe poll(&descriptor, 1, deadline.millisecondsLeft) > 0 { return true }
    }
    return false
  }
}
