import Glibc
import Synchronization

/// Takes so much of what each connection sends, and then nothing until the client goes away.
final class Drain: Sendable {
  /// Every connection has given as much.
  let full = Signal()
  private let bytes: Int
  private let missing: Mutex<Int>

  init(connections: Int, bytes: Int) {
    self.bytes = bytes
    missing = Mutex(connections)
  }

  func take(from peer: Peer) {
    var count = 0
    var piece = [UInt8](repeating: 0, count: 16_384)
    while count < bytes {
      let more = read(peer.input, &piece, piece.count)
      guard more > 0 else { return }
      count += more
    }
    noteFull()
    _ = peer.hasEnded()
  }

  /// Reads to the end, and notes when that was enough.
  func take(from next: () -> [UInt8]?) {
    var count = 0
    while let chunk = next() {
      if count < bytes, count + chunk.count >= bytes { noteFull() }
      count += chunk.count
    }
  }

  private func noteFull() {
    let isLast = missing.withLock { missing in
      missing -= 1
      return missing == 0
    }
    if isLast { full.fire() }
  }
}

func residentKilobytes() -> Int {
  let descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
  let status = Peer(input: descriptor, output: -1, number: 0)
  defer { close(descriptor) }
  while let line = status.readLine() {
    guard line.hasPrefix("VmRSS:") else { continue }
    let words = line.split { " \t\n".contains($0) }
    return words.count > 1 ? Int(words[1]) ?? 0 : 0
  }
  return 0
}
