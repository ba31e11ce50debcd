public import Formats
public import PasswordReset
import Testing

/// What somebody asks for; the defaults are a call of the main app that names no account.
public struct Ask: Sendable {
  public var email = "ada@example.com"
  public var claim = AccountClaim.unasked
  public var locale: LanguageTag?
  public var caller = "app"
  public var directory = DirectoryMode.none
  public var client: String?
  public var key: String?
  public var body = "{}"
  public var addressLimits = "3/15m 5/1h 10/1d"
  public var clientLimits = "20/1h"

  public init(_ email: String = "ada@example.com") { self.email = email }

  /// The main app has looked the account up.
  public init(_ email: String = "ada@example.com", account: String, version: String? = nil) throws {
    self.email = email
    let address = try TestVault.address("stored-\(account)@example.com")
    claim = .known(
      try #require(Account(id: account, email: address, locale: nil, version: version)))
  }

  public func with<Value>(_ path: WritableKeyPath<Ask, Value>, _ value: Value) -> Ask {
    var changed = self
    changed[keyPath: path] = value
    return changed
  }

  public func asCaller() throws -> Caller {
    let from = try #require(
      Mailbox("App <no-reply@example.com>", policy: .init(smtpUTF8: false, domains: ASCIIDomains()))
    )
    return Caller(
      name: caller,
      settings: CallerSettings(
        continueURL: try #require(ContinueURL("https://app.example.com/new?token={token}")),
        addressLimits: try #require(RateLimits(addressLimits)),
        clientLimits: try #require(RateLimits(clientLimits)), directory: directory,
        mailFrom: from, brand: "App"))
  }
}
