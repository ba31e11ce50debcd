internal import Formats
internal import Mustache
internal import PasswordReset

/// One checked and compiled file.
struct Template: Sendable {
  /// What it names as `cid:NAME`; none but in HTML.
  let inlineNames: [[UInt8]]
  private let part: TemplatePart
  private let compiled: MustacheTemplate
  /// Nil for a template with sections.
  private let flat: FlatTemplate?

  /// The file may have any kind of line end, and a byte order mark.
  init(
    _ files: TemplateFiles, _ part: TemplatePart, of kind: TemplateKind, locale: String
  ) throws(MailingError) {
    let file = "\(locale)/\(part.file(of: kind))"
    guard let source = files.contents[file]?.withLineFeeds else {
      throw .template(file: file, problem: "does not exist")
    }
    let bytes = Array(source.utf8)
    if let problem = TemplateRules.problem(in: bytes, of: kind, part) {
      throw .template(file: file, problem: problem)
    }
    do {
      // Mustache's own escaping is off everywhere, because it goes by Characters; `SafeText` does
      // the work.
      compiled = try MustacheTemplate(string: "{{%CONTENT_TYPE:TEXT}}\n" + source)
    } catch {
      throw .template(file: file, problem: "is not valid Mustache (\(Self.reason(error)))")
    }
    let pieces = TemplatePiece.pieces(of: bytes) ?? []
    self.part = part
    flat = FlatTemplate(pieces, compiled: compiled)
    inlineNames = part == .html ? InlineReferences.names(in: pieces) : []
  }

  /// With the values escaped as the part needs it.
  func render(_ values: TemplateValues) -> String {
    let escape: (String) -> String = part == .html ? \.htmlEscaped : { $0 }
    return flat?.render(values, escape) ?? compiled.render(values.mustache(escape))
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? MustacheTemplate.ParserError else { return "\(error)" }
    return "line \(error.context.lineNumber - 1): \(error.error)"
  }
}

extension String {
  /// CR LF and CR become LF; a byte order mark goes.
  fileprivate var withLineFeeds: String {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    var bytes: [UInt8] = []
    var afterReturn = false
    for byte in utf8.dropFirst(utf8.starts(with: mark) ? mark.count : 0) {
      if byte != 10 || !afterReturn { bytes.append(byte == 13 ? 10 : byte) }
      afterReturn = byte == 13
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
