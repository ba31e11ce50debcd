internal import Formats
internal import PasswordReset
internal import Templates

extension TemplateValues {
  /// What a mail may say: `brand`, and as its kind allows `link`, `minutes` and `data.NAME`.
  init(_ letter: Letter) {
    self.init(["brand": .text(SafeText.singleLine(letter.brand))])
    if case .link(let link, let lifetime) = letter.subject {
      self["link"] = .text(link)
      // Rounded down: a mail must not promise more than the token keeps.
      self["minutes"] = .text(String(lifetime.seconds / 60))
    }
    let members = MailKind(letter.subject).hasData ? letter.data?.object?.members : nil
    for member in members ?? [] {
      self["data." + member.key] = Self.value(member.value)
    }
  }

  /// Nil, and so absent for a section, for null, empty text, objects and arrays.
  private static func value(_ value: JSON) -> Value? {
    switch value {
    case .string(let text): text.utf8.isEmpty ? nil : .text(SafeText.singleLine(text))
    case .number(let literal): .text(literal)
    case .bool(let value): .flag(value)
    case .null, .array, .object: nil
    }
  }
}
