import Dispatch
import Synchronization

/// Where threads wait for each other until so many are there; later ones pass.
final class Gathering: Sendable {
  private let missing: Mutex<Int>
  private let gate = DispatchSemaphore(value: 0)

  init(_ count: Int) { missing = Mutex(count) }

  func wait() {
    let isLast = missing.withLock { missing in
      missing -= 1
      return missing == 0
    }
    if isLast { gate.signal() }
    gate.wait()
    gate.signal()
  }
}
