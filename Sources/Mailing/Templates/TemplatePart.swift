/// The three files of a template. The raw value stands between kind and `.mustache`.
enum TemplatePart: String, CaseIterable {
  case subject
  case text = "txt"
  case html

  func file(of kind: TemplateKind) -> String { "\(kind.rawValue).\(rawValue).mustache" }

  /// How often the link has to stand in it.
  func links(of kind: TemplateKind) -> Int { kind == .link && self != .subject ? 1 : 0 }

  /// What stands before the part in the name of a file; nil for a file that is no part.
  static func kindName(ofFile name: String) -> String? {
    for part in allCases {
      let ending = ".\(part.rawValue).mustache".utf8
      if name.utf8.count > ending.count, name.utf8.suffix(ending.count).elementsEqual(ending) {
        return String(decoding: name.utf8.dropLast(ending.count), as: UTF8.self)
      }
    }
    return nil
  }
}
