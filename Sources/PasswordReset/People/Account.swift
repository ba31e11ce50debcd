public import Formats

/// An account as the main app or its directory names it. Rekey keeps none of its own.
public struct Account: Sendable, Equatable {
  /// Opaque: 1 to 256 octets without control characters.
  public let id: String
  /// The stored address; mail goes here and nowhere else.
  public let email: EmailAddress
  public let locale: LanguageTag?
  /// Opaque: at most 256 octets. A consume may compare it with what the main app has now.
  public let version: String?

  public init?(id: String, email: EmailAddress, locale: LanguageTag?, version: String?) {
    guard Self.isID(id), version.map(Self.isOpaque) ?? true else { return nil }
    self.id = id
    self.email = email
    self.locale = locale
    self.version = version
  }

  /// 1 to 256 octets without control characters.
  public static func isID(_ text: String) -> Bool { isOpaque(text) && !text.isEmpty }

  private static func isOpaque(_ text: String) -> Bool {
    text.utf8.count <= 256
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
  }
}

/// What a request says about the account behind its address.
public enum AccountClaim: Sendable, Equatable {
  /// The main app has looked it up.
  case known(Account)
  /// The main app knows that there is none: same work, same answer, no mail.
  case none
  /// The main app has not looked; the directory decides.
  case unasked
}
