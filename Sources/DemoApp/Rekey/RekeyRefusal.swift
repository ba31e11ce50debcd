#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Why Rekey did not do what it was asked, as this app's pages tell them apart.
enum RekeyRefusal: Error, Equatable {
  case tokenInvalid
  case tokenUsed
  case tokenReplaced
  case tokenExpired
  case tokenRevoked
  /// The password was changed since the link was asked for; the link is still unused.
  case accountChanged
  case emailInvalid
  /// Seconds until it is worth asking again.
  case rateLimited(seconds: Int)
  /// Rekey cannot say now. Nothing is known to be wrong with the token.
  case unavailable

  /// - Note: What is not known is `unavailable`: an app must never read a fault as a verdict.
  init(_ answer: RekeyAnswer) {
    let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body))
    self =
      switch (answer.status, problem?.code) {
      case (404, "token_invalid"): .tokenInvalid
      case (409, "token_used"): .tokenUsed
      case (409, "account_changed"): .accountChanged
      case (410, "token_replaced"): .tokenReplaced
      case (410, "token_expired"): .tokenExpired
      case (410, "token_revoked"): .tokenRevoked
      case (422, "email_invalid"): .emailInvalid
      case (429, _): .rateLimited(seconds: answer.header("Retry-After").flatMap(Int.init) ?? 60)
      default: .unavailable
      }
  }
}
