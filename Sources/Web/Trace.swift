import Formats
import HTTPTypes
import Hummingbird

/// Names one HTTP exchange: in its log line, in its answer's header `Trace-Id`, and in a problem's
/// `trace_id`. 64 random bits: enough to find a line in a log, and nothing to guess.
struct Trace: Sendable {
  static let header = "Trace-Id"

  let text: String

  init() {
    var random = SystemRandomNumberGenerator()
    let bits = random.next()
    text = Hex.encode((0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) })
  }

  func apply(to response: inout Response) { response.headers.set(Self.header, text) }
}
