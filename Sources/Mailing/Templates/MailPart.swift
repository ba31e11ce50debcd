internal import Templates

/// The three files of a mail's template. The raw value stands between kind and `.mustache`.
enum MailPart: String, CaseIterable {
  case subject
  case text = "txt"
  case html

  /// What stands before `.mustache`.
  func name(of kind: MailKind) -> String { "\(kind.rawValue).\(rawValue)" }

  /// What stands before the part in a name; nil for a name that is of no part.
  static func kindName(of name: String) -> String? {
    for part in allCases {
      let ending = ".\(part.rawValue)".utf8
      if name.utf8.count > ending.count, name.utf8.suffix(ending.count).elementsEqual(ending) {
        return String(decoding: name.utf8.dropLast(ending.count), as: UTF8.self)
      }
    }
    return nil
  }

  /// What it may say. Only the mail with a link says how long the link lives; a subject says neither.
  func schema(of kind: MailKind) -> TemplateSchema {
    let hasLink = kind == .link && self != .subject
    let values =
      hasLink ? ["brand", "link", "minutes"] : kind == .link ? ["brand", "minutes"] : ["brand"]
    return TemplateSchema(
      self == .html ? .html : .text, TemplateNames(values: values),
      link: hasLink ? "link" : nil, hasData: kind.hasData)
  }
}
