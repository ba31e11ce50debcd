internal import Formats
internal import PasswordReset
internal import Transfer

/// What an `smtp` or `smtps` URL says.
struct SMTPSettings: Sendable, Hashable {
  /// The name to greet the server with, if the URL gives one.
  let ehloName: String?
  private let endpoint: SMTPEndpoint

  init(
    _ scheme: TransportScheme, _ authority: TransportAuthority, _ options: TransportOptions
  ) throws(MailingError) {
    guard let host = authority.host else {
      throw .transportURL(problem: "the host is no name or address")
    }
    ehloName = options[.ehlo]
    endpoint = SMTPEndpoint(
      // RFC 6409 §3.1 and RFC 8314 §3.3.
      host: host, port: authority.port ?? (scheme == .smtps ? 465 : 587),
      tls: try Self.protection(scheme, host, options), ehloName: "",
      credentials: try Self.credentials(authority, options),
      passwordFile: options[.passwordFile], caFile: options[.ca])
  }

  /// - Parameter fallback: the name to greet with where the URL gives none.
  func endpoint(ehloName fallback: String) -> SMTPEndpoint {
    var endpoint = endpoint
    endpoint.ehloName = ehloName ?? fallback
    return endpoint
  }

  var passwordFile: String? { endpoint.passwordFile }

  private static func protection(
    _ scheme: TransportScheme, _ host: String, _ options: TransportOptions
  ) throws(MailingError) -> SMTPEndpoint.Protection {
    if scheme == .smtps {
      guard options.wantsTLS != false else {
        throw .transportURL(problem: "smtps:// always has TLS; tls=none goes with smtp://")
      }
      return .implicit
    }
    if options.wantsTLS ?? (HostName(host)?.isThisMachine != true) { return .required }
    guard options[.ca] == nil else {
      throw .transportURL(problem: "ca is of no use without TLS")
    }
    return .none
  }

  private static func credentials(
    _ authority: TransportAuthority, _ options: TransportOptions
  ) throws(MailingError) -> SMTPCredentials? {
    guard let user = authority.user else {
      guard options[.auth] == nil, options[.passwordFile] == nil else {
        throw .transportURL(problem: "auth and password_file need a user before an @")
      }
      return nil
    }
    guard (authority.password == nil) == (options[.passwordFile] != nil) else {
      throw .transportURL(
        problem: "before the @ stands user:password, or the user alone with password_file")
    }
    return SMTPCredentials(
      username: user, password: authority.password ?? "",
      mechanism: options[.auth].flatMap(SMTPMechanism.init))
  }

  var description: String {
    let host = endpoint.host.utf8.contains(UInt8(ascii: ":")) ? "[\(endpoint.host)]" : endpoint.host
    let tls =
      switch endpoint.tls {
      case .implicit: ""
      case .required: "?tls=required"
      case .none: "?tls=none"
      }
    return "\(host):\(endpoint.port)\(tls)"
  }
}
