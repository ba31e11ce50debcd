import HTTPTypes
import Hummingbird
import Logging
import PasswordReset

/// One line an exchange: the route's pattern and the outcome. Never the target as it was sent, a
/// query, a header or a body: those hold tokens and addresses.
struct AccessLog: Sendable {
  let logger: Logger
  let listener: Listener.Kind

  func record(_ entry: Entry) {
    logger.log(
      level: entry.status >= 500 ? .warning : .info, "request",
      metadata: [
        "listener": "\(listener.rawValue)", "method": "\(entry.method)", "route": "\(entry.route)",
        "status": "\(entry.status)", "code": "\(entry.code)", "caller": "\(entry.caller)",
        "request_id": "\(entry.requestID?.description ?? "-")",
        "ms": "\(entry.elapsed.milliseconds)", "trace": "\(entry.trace.text)",
      ])
  }

  struct Entry {
    var method: String
    var route = "-"
    var status = 0
    var code = "-"
    var caller = "-"
    /// The reset request that was made, used up or completed, so that this line, the answer and the
    /// lines of its messages can be joined.
    var requestID: RequestID?
    var elapsed: Duration = .zero
    var trace: Trace
  }
}

extension HTTPRequest.Method {
  /// Methods are text from outside; only the registered ones are written down.
  var logged: String {
    let known: [HTTPRequest.Method] = [
      .get, .head, .post, .put, .delete, .connect, .options, .trace, .patch,
    ]
    return known.contains(self) ? rawValue : "other"
  }
}

extension Duration {
  /// Milliseconds with one decimal.
  fileprivate var milliseconds: String {
    let (seconds, attoseconds) = components
    let tenths = seconds * 10_000 + attoseconds / 100_000_000_000_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}
