public import PasswordReset

/// A way to hand mail over, as configuration writes it: `scheme://[user[:password]@][host[:port]]`,
/// parameters behind a `?`. What each means says its provider; ``Providers`` has them all.
///
/// Users, passwords and keys are percent-encoded. All take `ca` and `timeout`, which is 1 s to
/// 15 min.
public struct TransportURL: Sendable {
  let provider: any MailProvider
  /// As it stands in names of transports: `smtp`, `webhook+https`.
  public let scheme: String
  private let hasSecret: Bool

  /// - Throws: `.transportURL` with the first thing that is wrong; nothing of the URL is quoted.
  public init(_ text: String) throws(MailingError) {
    let url = try ProviderURL(text)
    provider = try url.kind.init(url)
    scheme = url.scheme
    hasSecret = url.user != nil
  }

  /// The transport that the URL describes. Files with keys are read here and now.
  /// - Throws: `.secretFile` with the first file that cannot be used.
  public func transport(_ context: TransportContext) throws(MailingError) -> any MailTransport {
    try provider.transport(context)
  }
}

extension TransportURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Where mail goes and how it is protected, such as `sendgrid://<redacted>@api.sendgrid.com`:
  /// without user, password, key, and the path of a webhook.
  public var description: String {
    "\(scheme)://\(hasSecret ? "<redacted>@" : "")\(provider.place)"
  }

  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
