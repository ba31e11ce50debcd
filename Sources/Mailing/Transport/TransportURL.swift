public import PasswordReset
internal import Transfer

/// A mail server as configuration writes it:
/// `smtp://[user:password@]host[:port][?tls=none|required&ca=FILE&ehlo=NAME&timeout=60s]`, or
/// `smtps://…` for TLS from the first byte.
///
/// `smtp` has port 587 and STARTTLS, without which no mail goes out, unless the host is this
/// machine or `tls=none` is given; `smtps` has port 465. User and password are percent-encoded.
public struct TransportURL: Sendable, Hashable {
  /// For the whole hand-over, 1 s ... 15 min; RFC 5321 §4.5.3.2.6 has patience for 10 min.
  public let timeout: WholeDuration
  /// The name to greet the server with, if the URL gives one.
  public let ehloName: String?
  private let endpoint: SMTPEndpoint

  /// - Throws: `.transportURL` with the first thing that is wrong.
  public init(_ text: String) throws(MailingError) {
    let parts = try TransportURLParts(text)
    let host = try TransportHost(parts.authority)
    let options = try TransportOptions(query: parts.query)
    let protection = try options.protection(parts.scheme, isLoopback: host.isLoopback)
    timeout = options.timeout
    ehloName = options.ehloName
    endpoint = SMTPEndpoint(
      host: host.name, port: host.port ?? parts.scheme.port, tls: protection, ehloName: "",
      credentials: host.credentials, caFile: options.caFile)
  }

  /// - Parameter fallback: the name to greet with where the URL gives none.
  func endpoint(ehloName fallback: String) -> SMTPEndpoint {
    var endpoint = endpoint
    endpoint.ehloName = ehloName ?? fallback
    return endpoint
  }
}

extension TransportURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Without user and password.
  public var description: String {
    let scheme = endpoint.tls == .implicit ? "smtps" : "smtp"
    let login = endpoint.credentials == nil ? "" : "<redacted>@"
    let host = endpoint.host.utf8.contains(UInt8(ascii: ":")) ? "[\(endpoint.host)]" : endpoint.host
    let tls =
      switch endpoint.tls {
      case .implicit: ""
      case .required: "?tls=required"
      case .none: "?tls=none"
      }
    return "\(scheme)://\(login)\(host):\(endpoint.port)\(tls)"
  }

  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
