internal import Formats
internal import PasswordReset
internal import Transfer

/// Mail servers: `smtp://[user:password@]host[:587]` with STARTTLS, without which no mail goes out,
/// unless the host is this machine or `tls=none` is given; or `smtps://…`, port 465, with TLS from
/// the first byte. With `password_file` only `user@` stands before the host. How replies are judged
/// says ``DeliveryOutcome/init(_:)``.
struct SMTP: MailProvider {
  static let schemes = ["smtp", "smtps"]
  static let options = [.tls, .ca, ehlo, .timeout, auth, passwordFile]

  /// RFC 5321 §4.1.3 and §4.1.2, as bytes that can do no harm in a command.
  private static let ehlo = ProviderOption(
    "ehlo",
    .text(signs: "-.:[]", limit: 255, what: "is a host name or an address in brackets"))
  private static let auth = ProviderOption("auth", .word(["plain", "login", "xoauth2"]))
  private static let passwordFile = ProviderOption("password_file", .file)

  let timeout: WholeDuration
  /// The name to greet the server with, if the URL gives one.
  private let ehloName: String?
  private let endpoint: SMTPEndpoint

  init(_ url: ProviderURL) throws(MailingError) {
    guard let host = url.host else {
      throw .transportURL(problem: "the host is no name or address")
    }
    // RFC 5321 §4.5.3.2.6 has patience for 10 min.
    timeout = url.options.timeout(or: WholeDuration(seconds: 360))
    ehloName = url.options[Self.ehlo]
    endpoint = SMTPEndpoint(
      // RFC 6409 §3.1 and RFC 8314 §3.3.
      host: host.text, port: url.port ?? (url.scheme == "smtps" ? 465 : 587),
      tls: try Self.protection(url, host), ehloName: "", credentials: try Self.credentials(url),
      passwordFile: url.options[Self.passwordFile], caFile: url.options[.ca])
  }

  private static func protection(
    _ url: ProviderURL, _ host: HostName
  ) throws(MailingError) -> SMTPEndpoint.Protection {
    if url.scheme == "smtps" {
      guard url.options.wantsTLS != false else {
        throw .transportURL(problem: "smtps:// always has TLS; tls=none goes with smtp://")
      }
      return .implicit
    }
    if url.options.wantsTLS ?? !host.isThisMachine { return .required }
    guard url.options[.ca] == nil else {
      throw .transportURL(problem: "ca is of no use without TLS")
    }
    return .none
  }

  private static func credentials(_ url: ProviderURL) throws(MailingError) -> SMTPCredentials? {
    let mechanism = url.options[auth].flatMap(SMTPMechanism.init)
    let hasFile = url.options[passwordFile] != nil
    guard let user = url.user else {
      guard mechanism == nil, !hasFile else {
        throw .transportURL(problem: "auth and password_file need a user before an @")
      }
      return nil
    }
    guard (url.password == nil) == hasFile else {
      throw .transportURL(
        problem: "before the @ stands user:password, or the user alone with password_file")
    }
    return SMTPCredentials(
      username: user, password: url.password ?? "", mechanism: mechanism)
  }

  var place: String {
    let tls =
      switch endpoint.tls {
      case .implicit: ""
      case .required: "?tls=required"
      case .none: "?tls=none"
      }
    return "\(HostName(endpoint.host)?.bracketed ?? ""):\(endpoint.port)\(tls)"
  }

  /// - Parameter fallback: the name to greet with where the URL gives none.
  func endpoint(ehloName fallback: String) -> SMTPEndpoint {
    var endpoint = endpoint
    endpoint.ehloName = ehloName ?? fallback
    return endpoint
  }

  /// The password's file is read again for each connection: the token in it may change.
  func transport(_ context: TransportContext) throws(MailingError) -> any MailTransport {
    if let file = endpoint.passwordFile { _ = try SecretFile.text(file, Self.passwordFile) }
    return SMTPTransport(
      endpoint(ehloName: context.ehloName), timeout: timeout, smtpUTF8: context.smtpUTF8
    ) { await context.loop.perform($0) }
  }
}
