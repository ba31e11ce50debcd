internal import Formats
internal import PasswordReset

/// What a template may say: `brand`, and as its kind allows `link`, `minutes` and `data.NAME`.
struct TemplateValues {
  /// A value as a template sees it: `true` and `false` also open and close sections.
  private enum Value {
    case text(String)
    case bool(Bool)
  }

  /// By name; those of data with `data.` before it.
  private var values: [String: Value]

  init(_ letter: Letter) {
    values = ["brand": .text(SafeText.singleLine(letter.brand))]
    if case .link(let link, let lifetime) = letter.subject {
      values["link"] = .text(link)
      // Rounded down: a mail must not promise more than the token keeps.
      values["minutes"] = .text(String(lifetime.seconds / 60))
    }
    let members = TemplateKind(letter.subject).hasData ? letter.data?.object?.members : nil
    for member in members ?? [] {
      values["data." + member.key] = Self.value(member.value)
    }
  }

  /// Nil, and so absent for a section, for null, empty text, objects and arrays.
  private static func value(_ value: JSON) -> Value? {
    switch value {
    case .string(let text): text.utf8.isEmpty ? nil : .text(SafeText.singleLine(text))
    case .number(let literal): .text(literal)
    case .bool(let value): .bool(value)
    case .null, .array, .object: nil
    }
  }

  /// As it is, neither escaped nor cut.
  func text(_ name: String) -> String? {
    switch values[name] {
    case .text(let text): text
    case .bool(let value): String(value)
    case nil: nil
    }
  }

  /// Only strings and truth values: of other types Mustache would show the inside.
  func mustache(_ escape: (String) -> String) -> [String: Any] {
    var texts: [String: Any] = [:]
    var data: [String: Any] = [:]
    for (name, value) in values {
      let value: Any =
        switch value {
        case .text(let text): escape(text)
        case .bool(let value): value
        }
      if name.utf8.starts(with: "data.".utf8) {
        data[String(decoding: name.utf8.dropFirst(5), as: UTF8.self)] = value
      } else {
        texts[name] = value
      }
    }
    texts["data"] = data
    return texts
  }
}

extension TemplateValues {
  /// For the check at the start.
  static func sample(of kind: TemplateKind, link: String) -> TemplateValues {
    let texts = ["brand": "Sample", "link": link, "minutes": "30"]
    return TemplateValues(
      values: texts.filter { kind.names.contains($0.key) }.mapValues { .text($0) })
  }

  private init(values: [String: Value]) { self.values = values }
}
