public import PasswordReset
internal import Transfer

/// A way to hand mail over, as configuration writes it.
///
/// - `smtp://[user:password@]host[:port]`, port 587, with STARTTLS, without which no mail goes out,
///   unless the host is this machine or `tls=none` is given; or `smtps://…`, port 465, with TLS from
///   the first byte. Parameters: `tls`, `ca`, `ehlo`, `timeout` (6m), `auth=plain|login|xoauth2`,
///   `password_file`; with the last, only `user@` stands before the host.
/// - `sendgrid://KEY@[host]`, `mailgun://KEY@[host]?domain=…`, `postmark://TOKEN@[host][?stream=…]`,
///   `resend://KEY@[host]`, `ses://ACCESS_KEY_ID:SECRET@[host][?region=…&configuration_set=…&
///   session_token_file=…]` and `webhook+https://host/path?secret_file=…`. Parameters of all:
///   `ca`, `timeout` (30s), `tls=none` for hosts that are this machine, and, but for webhooks,
///   `key_file` in place of the key or secret.
///
/// Users, passwords and keys are percent-encoded. A timeout is 1 s to 15 min.
public struct TransportURL: Sendable, Hashable {
  enum Target: Sendable, Hashable {
    case smtp(SMTPSettings)
    case api(APIOrigin, APISettings)
  }

  /// For the whole hand-over; RFC 5321 §4.5.3.2.6 has patience for 10 min.
  public let timeout: WholeDuration
  let target: Target
  private let kind: TransportScheme
  private let hasSecret: Bool

  /// - Throws: `.transportURL` with the first thing that is wrong; nothing of the URL is quoted.
  public init(_ text: String) throws(MailingError) {
    let parts = try TransportURLParts(text)
    let authority = try TransportAuthority(parts.authority)
    let options = try TransportOptions(query: parts.query, for: parts.scheme)
    kind = parts.scheme
    hasSecret = authority.user != nil
    if parts.scheme.isSMTP {
      timeout = options.timeout(or: WholeDuration(seconds: 360))
      target = .smtp(try SMTPSettings(parts.scheme, authority, options))
    } else {
      timeout = options.timeout(or: WholeDuration(seconds: 30))
      let settings = try APISettings(parts, authority, options)
      target = .api(try APIOrigin(settings, authority, options), settings)
    }
  }

  /// `smtp`, `smtps`, `sendgrid`, `mailgun`, `postmark`, `resend`, `ses` or `webhook+https`.
  public var scheme: String { kind.rawValue }
}

extension TransportURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Where mail goes and how it is protected, such as `sendgrid://<redacted>@api.sendgrid.com`:
  /// without user, password, key, and the path of a webhook.
  public var description: String {
    let place =
      switch target {
      case .smtp(let settings): settings.description
      case .api(let origin, _): origin.description
      }
    return "\(scheme)://\(hasSecret ? "<redacted>@" : "")\(place)"
  }

  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
