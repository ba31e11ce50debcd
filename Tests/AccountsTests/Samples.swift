import Formats
import PasswordReset
import Support
import Testing

extension StoppedClock {
  /// 2021-02-25T15:02:10.999999Z.
  static let sample = StoppedClock(time: Timestamp(microseconds: 1_614_265_330_999_999))
}

enum Sample {
  static let policy = EmailAddress.Policy(smtpUTF8: true, domains: NoDomains())

  static func address(_ text: String = "ada@example.org") throws -> EmailAddress {
    try EmailAddress(text, policy: policy)
  }

  static func caller() throws -> Caller {
    let limits = try #require(RateLimits("3/15m"))
    return Caller(
      name: "shop",
      settings: CallerSettings(
        continueURL: try #require(ContinueURL("https://shop.example/new#{token}")),
        addressLimits: limits, clientLimits: limits, directory: .http,
        mailFrom: try #require(Mailbox("no-reply@shop.example", policy: policy)), brand: "Shop"))
  }

  static func account(
    _ id: String = "42", _ email: String = "ada@example.org", locale: String? = nil,
    version: String? = nil
  ) throws -> Account {
    try #require(
      Account(
        id: id, email: address(email), locale: locale.flatMap(LanguageTag.init), version: version))
  }
}

func directoryError(
  _ body: () async throws(DirectoryError) -> Account?
) async throws -> DirectoryError {
  do throws(DirectoryError) {
    _ = try await body()
  } catch { return error }
  throw NothingThrown()
}

struct NothingThrown: Error {}
