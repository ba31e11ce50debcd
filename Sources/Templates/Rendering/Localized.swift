public import Formats

/// The same thing in several languages.
public struct Localized<Value: Sendable>: Sendable {
  /// The language that everything falls back to.
  public static var fallbackLanguage: String { "en" }

  private let fallback: Value
  /// By tag in lower case, since tags have no case (RFC 5646 §2.1.1).
  private let values: [String: Value]

  public init(fallback: Value, _ values: [LanguageTag: Value]) {
    self.fallback = fallback
    self.values = Dictionary(
      values.map { ($0.key.text.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
  }

  /// - Parameter made: stands in where there is none in the language that everything falls back to.
  public init(
    _ values: [LanguageTag: Value], else made: () throws(TemplateProblem) -> Value
  ) throws(TemplateProblem) {
    let own = values.first { $0.key.text.lowercased() == Self.fallbackLanguage }?.value
    if let own { self.init(fallback: own, values) } else { self.init(fallback: try made(), values) }
  }

  /// The best there is.
  public subscript(locale: LanguageTag?) -> Value { locale.flatMap(match) ?? fallback }

  /// For whoever reads several languages, the dearest first.
  public func best(of locales: [LanguageTag]) -> Value {
    for locale in locales { if let value = match(locale) { return value } }
    return fallback
  }

  /// By the tag itself or by the tag with ever fewer groups (RFC 4647 §3.4).
  private func match(_ locale: LanguageTag) -> Value? {
    var groups = locale.text.lowercased().split(separator: "-")
    while !groups.isEmpty {
      if let value = values[groups.joined(separator: "-")] { return value }
      groups.removeLast()
      // A single letter only introduces what followed it.
      if let last = groups.last, last.utf8.count == 1 { groups.removeLast() }
    }
    return nil
  }
}
