import Formats
import PasswordReset
import StoreContract
import Testing

@testable import Delivery

enum Sample {
  static let moment = Timestamp(microseconds: 1_795_253_400_123_456)
  static let lease = WholeDuration(seconds: 90)
  static let giveUp = GiveUp(
    link: WholeDuration(seconds: 7200), event: WholeDuration(seconds: 3 * 86_400))

  static func id(_ number: Int) throws -> RequestID {
    // Some bits of the first three bytes are not the caller's.
    let random = [0, 0, 0] + (0..<7).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    return try #require(RequestID(at: moment, random: random))
  }

  static func details(_ claim: AccountClaim = .unasked) throws -> RequestDetails {
    RequestDetails(
      email: try TestVault.address("ada@example.org"), claim: claim, locale: LanguageTag("de"),
      data: .object(["name": .string("Ada")]))
  }

  static func account(locale: String? = "fr") throws -> Account {
    try #require(
      Account(
        id: "42", email: TestVault.address("stored@example.net"),
        locale: locale.flatMap(LanguageTag.init), version: "v1"))
  }

  static func settings() throws -> CallerSettings {
    let policy = EmailAddress.Policy(smtpUTF8: false, domains: ASCIIDomains())
    return CallerSettings(
      continueURL: try #require(ContinueURL("https://app.example.com/new?token={token}")),
      addressLimits: try #require(RateLimits("3/15m")),
      clientLimits: try #require(RateLimits("20/1h")), directory: .none,
      mailFrom: try #require(Mailbox("Shop <no-reply@example.com>", policy: policy)),
      brand: "Shop")
  }

  static func mail() throws -> RenderedMail {
    let policy = EmailAddress.Policy(smtpUTF8: false, domains: ASCIIDomains())
    return RenderedMail(
      messageID: try id(7), requestID: try id(1), date: moment,
      from: try #require(Mailbox("a@example.com", policy: policy)),
      to: try TestVault.address("ada@example.org"), subject: "", text: "", html: "")
  }
}

/// A message before it is claimed; the defaults are a link on its first attempt.
struct Draft {
  var kind = MessageKind.link
  var attempt = 1
  var failures = 0
  var lost = 0
  var number = 1
  var caller = "shop"
  /// Since it was queued, at the claim.
  var age: Int64 = 0
  var isSuppressed = false
  var event: EventType?
  var cause: String?

  func claimed(_ content: ClaimedMessage.Content) throws -> ClaimedMessage {
    ClaimedMessage(
      id: try Sample.id(number + 1_000_000), kind: kind, attempt: attempt, failures: failures,
      lost: lost, requestID: try Sample.id(number), queuedAt: Sample.moment,
      claimedAt: Sample.moment.advanced(bySeconds: age), content: content)
  }

  func claimed(_ claim: AccountClaim = .unasked, in vault: Vault) throws -> ClaimedMessage {
    let sealed = try vault.seal(Sample.details(claim), for: Sample.id(number))
    return try claimed(
      .ready(
        ClaimedMessage.Ready(
          sealed: sealed.bytes, kid: sealed.kid, caller: caller, isSuppressed: isSuppressed,
          event: event, cause: cause)))
  }
}
