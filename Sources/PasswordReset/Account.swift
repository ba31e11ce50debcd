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

/// A BCP 47 language tag such as `fr` or `pt-BR`: letters and digits in groups of 1 to 8, at most
/// 35 octets (RFC 5646 §4.4.1).
public struct LanguageTag: Sendable, Hashable, CustomStringConvertible {
  public let text: String

  public init?(_ text: String) {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard text.utf8.count <= 35, let language = groups.first, (2...8).contains(language.count),
      language.allSatisfy(Self.isLetter),
      groups.allSatisfy({
        (1...8).contains($0.count) && $0.allSatisfy { Self.isLetter($0) || (48...57).contains($0) }
      })
    else { return nil }
    self.text = text
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }

  public var description: String { text }
}
