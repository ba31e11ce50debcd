import Formats
import PasswordReset

/// Names one exchange in its answer, if that is a problem, and in its log line: 64 random bits,
/// enough to find a line in a log, and nothing to guess.
struct Trace: Sendable {
  let text: String

  init() {
    var random = SystemRandomNumberGenerator()
    let bits = random.next()
    text = Hex.encode((0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) })
  }
}
