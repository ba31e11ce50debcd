/// A BCP 47 language tag such as `fr` or `pt-BR`: letters and digits in groups of 1 to 8, at most
/// 35 octets (RFC 5646 §4.4.1).
public struct LanguageTag: Sendable, Hashable, CustomStringConvertible {
  public let text: String

  public init?(_ text: String) {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard text.utf8.count <= 35, let language = groups.first, (2...8).contains(language.count),
      language.allSatisfy(\.isASCIILetter),
      groups.allSatisfy({
        (1...8).contains($0.count) && $0.allSatisfy(\.isASCIIAlphanumeric)
      })
    else { return nil }
    self.text = text
  }

  public var description: String { text }
}
