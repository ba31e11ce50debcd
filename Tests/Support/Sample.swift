public import Formats
public import PasswordReset
internal import Testing

/// Domains with a name outside ASCII are none here.
public struct NoDomains: DomainEncoding {
  public init() {}

  public func aLabels(_ domain: String) -> String? { nil }
}

/// Fixed values, so that what is derived from them can be compared with what was computed elsewhere.
public enum Sample {
  public static let policy = EmailAddress.Policy(smtpUTF8: true, domains: NoDomains())
  /// 2026-11-21T09:30:00.123456Z.
  public static let moment = Timestamp(microseconds: 1_795_253_400_123_456)

  public static let signing = key(
    "7ab554b3", "dhnH1wlZj3BzgiMcx3xHmm6GgvkIlyk0vEOCtV19V9U=", "signing")
  public static let verifying = key(
    "0c05843e", "q3bCbB8BFSQV9Y3i7xcIjV2mS5Uz8UtgrN/o/QX9Oc8=", "verifying")
  public static let retired = key(
    "72bd1666", "AfVLHVJ1kOrM3Z90cU//CEO8XXCuDhEaEZz8lDaqxns=", "retired")
  public static let pepper = key(
    "e8e8ed58", "/BEuo9vN5N2dBtgLSinRsQ17MRwKOWsb77LApGNSH8U=", "pepper")
  public static let stranger = key(
    "93f02635", "zkb4LnKTXesFbb+zVxqTxzq1zSNHTwNuENgge6Lcg0o=", "signing")

  private static func key(_ kid: String, _ key: String, _ state: String) -> String {
    "\(kid) \(key) 2026-11-01 \(state)\n"
  }

  public static func keyring(_ lines: String...) throws -> Keyring {
    try Keyring(file: (lines.isEmpty ? [signing, pepper] : lines).joined())
  }

  public static func vault(_ lines: String...) throws -> Vault {
    let lines = lines.isEmpty ? [signing, pepper] : lines
    return Vault(keyring: Reloadable(try Keyring(file: lines.joined())), domains: NoDomains())
  }

  public static func id(_ text: String = "019aa6b2-7c00-7123-8456-0123456789ab") throws -> RequestID
  {
    try #require(RequestID(text))
  }

  public static func address(_ text: String = "ada@example.org") throws -> EmailAddress {
    try EmailAddress(text, policy: policy)
  }

  public static func account(
    id: String = "42", email: String = "stored@example.net", locale: String? = "fr",
    version: String? = "v1"
  ) throws -> Account {
    try #require(
      Account(
        id: id, email: address(email), locale: locale.flatMap(LanguageTag.init), version: version))
  }

  public static func details(
    _ claim: AccountClaim = .unasked, email: String = "ada@example.org", data: JSON? = nil
  ) throws -> RequestDetails {
    RequestDetails(email: try address(email), claim: claim, locale: LanguageTag("de"), data: data)
  }

  public static func settings(
    directory: DirectoryMode = .none, limits: String = "3/15m"
  ) throws -> CallerSettings {
    CallerSettings(
      continueURL: try #require(ContinueURL("https://app.example.com/new?token={token}")),
      addressLimits: try #require(RateLimits(limits)),
      clientLimits: try #require(RateLimits("20/1h")), directory: directory,
      mailFrom: try #require(Mailbox("Example <no-reply@example.com>", policy: policy)),
      brand: "Example")
  }

  public static func caller(
    _ name: String = "shop", directory: DirectoryMode = .none
  ) throws -> Caller {
    Caller(name: name, settings: try settings(directory: directory))
  }
}

extension Timestamp {
  /// So many seconds after the fixed moment of these tests.
  public static func after(_ seconds: Int64) -> Timestamp {
    Sample.moment.advanced(bySeconds: seconds)
  }
}

/// A clock that stands where it is put.
public struct StoppedClock: DatabaseClock {
  /// Nil is a clock that cannot be read.
  public var time: Timestamp?

  public init(time: Timestamp? = Sample.moment) { self.time = time }

  public func now() throws(ResetError) -> Timestamp {
    guard let time else { throw .unavailable }
    return time
  }
}
