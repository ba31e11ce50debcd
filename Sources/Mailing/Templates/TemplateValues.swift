internal import PasswordReset

/// What a template may say: `brand`, `link`, `minutes` and `data.NAME`.
struct TemplateValues {
  private let texts: [String: String]
  private let data: [String: Datum]

  /// A value of `data` as a template sees it: `true` and `false` also open and close sections.
  private enum Datum {
    case text(String)
    case bool(Bool)
  }

  init(_ letter: LinkLetter) {
    texts = [
      "brand": SafeText.singleLine(letter.brand), "link": letter.link,
      // Rounded down: a mail must not promise more than the token keeps.
      "minutes": String(letter.lifetime.seconds / 60),
    ]
    var data: [String: Datum] = [:]
    for member in letter.data?.object?.members ?? [] {
      data[member.key] = Self.datum(member.value)
    }
    self.data = data
  }

  /// Nil, and so absent for a section, for null, empty text, objects and arrays.
  private static func datum(_ value: JSON) -> Datum? {
    switch value {
    case .string(let text): text.utf8.isEmpty ? nil : .text(SafeText.singleLine(text))
    case .number(let literal): .text(literal)
    case .bool(let value): .bool(value)
    case .null, .array, .object: nil
    }
  }

  /// As they are, for text.
  var plain: [String: Any] { values { $0 } }

  /// With the characters escaped that mean something in HTML.
  var html: [String: Any] { values(\.htmlEscaped) }

  /// Only strings and truth values: of other types Mustache would show the inside.
  private func values(_ escape: (String) -> String) -> [String: Any] {
    var values: [String: Any] = texts.mapValues(escape)
    values["data"] = data.mapValues { datum -> Any in
      switch datum {
      case .text(let text): escape(text)
      case .bool(let value): value
      }
    }
    return values
  }
}

extension TemplateValues {
  /// For the check at the start.
  static func sample(link: String) -> TemplateValues {
    TemplateValues(texts: ["brand": "Sample", "link": link, "minutes": "30"], data: [:])
  }

  private init(texts: [String: String], data: [String: Datum]) {
    self.texts = texts
    self.data = data
  }
}
