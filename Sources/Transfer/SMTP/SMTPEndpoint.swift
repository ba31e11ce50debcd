internal import Formats

/// A mail server and the way to talk to it. Connections are kept and shared per equal endpoint.
public struct SMTPEndpoint: Sendable, Hashable {
  /// How the connection is protected. Where there is TLS, it is 1.2 or newer and the certificate
  /// must be valid for `host`.
  public enum Protection: Sendable, Hashable {
    /// STARTTLS (RFC 3207); a server that does not offer it gets no mail.
    case required
    /// TLS from the first byte (RFC 8314 section 3.3), `smtps`.
    case implicit
    /// Plain text, credentials included. For loopback hosts and private networks.
    case none
  }

  /// A DNS name in ASCII (A-labels), an IPv4 address, or an IPv6 address with or without brackets.
  public var host: String
  public var port: UInt16
  public var tls: Protection
  /// The name this client greets with (RFC 5321 section 4.1.1.1), printable ASCII, 1 to 255 bytes.
  public var ehloName: String
  /// Given: a server that offers no authentication gets no mail either.
  public var credentials: SMTPCredentials?
  /// The password or access token is the content of this file instead of that in `credentials`,
  /// read anew for each connection: 1 byte to 16 KiB, one line end after it is dropped. A file
  /// that cannot be read so is transient, stage `auth`, cause `password_file`.
  public var passwordFile: String?
  /// A PEM file of the authorities to trust instead of the system's.
  public var caFile: String?

  public init(
    host: String, port: UInt16, tls: Protection, ehloName: String,
    credentials: SMTPCredentials? = nil, passwordFile: String? = nil, caFile: String? = nil
  ) {
    self.host = host
    self.port = port
    self.tls = tls
    self.ehloName = ehloName
    self.credentials = credentials
    self.passwordFile = passwordFile
    self.caFile = caFile
  }
}

/// How a client proves who it is (RFC 4954 section 4).
public enum SMTPMechanism: String, Sendable, Hashable {
  /// RFC 4616.
  case plain
  /// An older form of the same with the name and the password on lines of their own.
  case login
  /// An OAuth 2.0 access token in place of the password.
  case xoauth2
}

/// A user name and password. No description or mirror of it shows either.
public struct SMTPCredentials: Sendable, Hashable {
  let username: String
  let password: String
  let mechanism: SMTPMechanism?

  /// - Parameters:
  ///   - password: for `xoauth2` the access token.
  ///   - mechanism: a server that does not offer it gets no mail; nil leaves it to libcurl, which
  ///     takes the strongest of those offered.
  public init(username: String, password: String, mechanism: SMTPMechanism? = nil) {
    self.username = username
    self.password = password
    self.mechanism = mechanism
  }
}

extension SMTPCredentials: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  public var description: String { "SMTPCredentials(redacted)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SMTPEndpoint {
  /// Whether every part can go into a URL, a C string or a greeting as it stands.
  var isWellFormed: Bool {
    let greets =
      (1...255).contains(ehloName.utf8.count)
      && ehloName.utf8.allSatisfy { $0.isVisibleASCII }
    let texts = [credentials?.username, credentials?.password, passwordFile, caFile]
    return port != 0 && greets && urlHost != nil
      && (passwordFile == nil || credentials != nil)
      && texts.allSatisfy { $0?.utf8.contains(0) != true }
  }

  /// libcurl takes the name for EHLO from the path of the URL, after percent-decoding.
  var url: String? {
    guard let urlHost else { return nil }
    let scheme = tls == .implicit ? "smtps" : "smtp"
    return "\(scheme)://\(urlHost):\(port)/\(PercentEncoding.encode(ehloName))"
  }

  private var urlHost: String? {
    var text = host[...]
    if text.utf8.first == UInt8(ascii: "["), text.utf8.last == UInt8(ascii: "]") {
      text = text.dropFirst().dropLast()
    }
    return HostName(text)?.bracketed
  }
}
