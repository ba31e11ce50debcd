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
  /// A PEM file of the authorities to trust instead of the system's.
  public var caFile: String?

  public init(
    host: String, port: UInt16, tls: Protection, ehloName: String,
    credentials: SMTPCredentials? = nil, caFile: String? = nil
  ) {
    self.host = host
    self.port = port
    self.tls = tls
    self.ehloName = ehloName
    self.credentials = credentials
    self.caFile = caFile
  }
}

/// A user name and password. No description or mirror of it shows either.
public struct SMTPCredentials: Sendable, Hashable {
  let username: String
  let password: String

  public init(username: String, password: String) {
    self.username = username
    self.password = password
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
      && ehloName.utf8.allSatisfy { 0x21...0x7e ~= $0 }
    let secrets = [credentials?.username, credentials?.password, caFile]
    return port != 0 && greets && urlHost != nil
      && secrets.allSatisfy { $0?.utf8.contains(0) != true }
  }

  /// libcurl takes the name for EHLO from the path of the URL, after percent-decoding.
  var url: String? {
    guard let urlHost else { return nil }
    let scheme = tls == .implicit ? "smtps" : "smtp"
    return "\(scheme)://\(urlHost):\(port)/\(percentEncoded(ehloName))"
  }

  private var urlHost: String? {
    var bytes = host.utf8[...]
    if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") {
      bytes = bytes.dropFirst().dropLast()
    }
    guard (1...253).contains(bytes.count) else { return nil }
    if bytes.contains(UInt8(ascii: ":")) {
      let isAddress = bytes.allSatisfy { $0.isHexDigit || ".:".utf8.contains($0) }
      return isAddress ? "[\(Substring(bytes))]" : nil
    }
    let isName = bytes.allSatisfy { $0.isAlphanumeric || "-._".utf8.contains($0) }
    return isName ? String(Substring(bytes)) : nil
  }
}
