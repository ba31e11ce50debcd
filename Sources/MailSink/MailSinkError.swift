/// Why a sink could not start, or why a wait for a mail ended without one.
public enum MailSinkError: Error, Equatable, CustomStringConvertible {
  case cannotListen(host: String, port: Int)
  case timedOut
  case stopped
  case cancelled

  public var description: String {
    switch self {
    case .cannotListen(let host, let port): "the mail sink cannot listen on \(host):\(port)"
    case .timedOut: "no mail came in time"
    case .stopped: "the mail sink was stopped"
    case .cancelled: "the wait for a mail was cancelled"
    }
  }
}
