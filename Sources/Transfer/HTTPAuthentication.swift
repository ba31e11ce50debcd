/// Who asks. No description or mirror of it shows a name or a secret.
public enum HTTPAuthentication: Sendable, Hashable {
  /// RFC 7617. The user has no colon.
  case basic(user: String, password: String)
  /// AWS Signature Version 4, made by libcurl, over all headers of the call. `region` and
  /// `service` have 1 to 64 letters, digits and hyphens; no header may be empty, and no header's
  /// name may begin another's.
  case awsSigV4(
    accessKeyID: String, secret: String, region: String, service: String, sessionToken: String?)
}

extension HTTPAuthentication: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  public var description: String { "HTTPAuthentication(redacted)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
