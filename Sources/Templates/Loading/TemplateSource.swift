internal import Mustache

/// The text of one template, taken apart.
struct TemplateSource {
  let file: String
  let pieces: [TemplatePiece]
  private let text: String

  /// A text in which Mustache could
  /// see other tags than the checks do is refused.
  init(
    _ name: String, of files: TemplateFiles, locale: String, isPartial: Bool = false
  ) throws(TemplateProblem) {
    file = files.file(name, locale)
    guard let content = files.text(name, locale) else {
      throw TemplateProblem(file: file, problem: "does not exist")
    }
    // A partial stands within a sentence.
    text = isPartial ? content.withoutLastLineFeeds : content
    let bytes = Array(text.utf8)
    if let line = bytes.lineOfControlCharacter {
      throw TemplateProblem(file: file, line: line, problem: "has a control character")
    }
    if let line = text.lineOfCombinedBrace {
      throw TemplateProblem(
        file: file, line: line,
        problem: "has a tag that is not recognised: a character combines with its braces")
    }
    pieces = try TemplatePiece.pieces(of: bytes, file: file)
  }

  /// The layout and the partials that it names as the schema allows, by name.
  func named(
    by schema: TemplateSchema, in files: TemplateFiles, locale: String
  ) throws(TemplateProblem) -> [String: TemplateSource] {
    var found: [String: TemplateSource] = [:]
    for case .tag(let tag, _) in pieces {
      switch tag {
      case .partial(let name) where schema.partials.contains(name):
        found[name] = try TemplateSource(name, of: files, locale: locale, isPartial: true)
      case .layout(let name) where schema.layout == name:
        found[name] = try TemplateSource(name, of: files, locale: locale)
      default: break
      }
    }
    return found
  }

  /// Mustache's own escaping is off everywhere, because it goes by Characters.
  func compiled() throws(TemplateProblem) -> MustacheTemplate {
    do { return try MustacheTemplate(string: "{{%CONTENT_TYPE:TEXT}}\n" + text) } catch {
      guard let error = error as? MustacheTemplate.ParserError else {
        throw TemplateProblem(file: file, problem: "is not valid Mustache (\(error))")
      }
      throw TemplateProblem(
        file: file, line: error.context.lineNumber - 1,
        problem: "is not valid Mustache (\(error.error))")
    }
  }
}

extension String {
  fileprivate var withoutLastLineFeeds: String {
    var bytes = utf8[...]
    while bytes.last == 10 { bytes.removeLast() }
    return String(Substring(bytes))
  }

  /// To Mustache, which goes by Characters, a brace with an accent is none.
  fileprivate var lineOfCombinedBrace: Int? {
    if utf8.allSatisfy({ $0 < 0x80 }) { return nil }
    var line = 1
    for character in self {
      let scalars = character.unicodeScalars
      if scalars.count > 1, scalars.contains("{") || scalars.contains("}") { return line }
      if character == "\n" { line += 1 }
    }
    return nil
  }
}

extension [UInt8] {
  /// Other than tab and line feed.
  fileprivate var lineOfControlCharacter: Int? {
    guard let place = firstIndex(where: { $0 < 0x20 && $0 != 9 && $0 != 10 || $0 == 0x7f }) else {
      return nil
    }
    return self[..<place].count { $0 == 10 } + 1
  }
}
