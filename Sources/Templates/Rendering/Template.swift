internal import Formats
internal import Mustache

/// One checked and compiled template, with the layout and the partials that it names.
public struct Template: Sendable {
  /// What errors call it.
  public let file: String
  let pieces: [TemplatePiece]
  private let form: TemplateSchema.Form
  private let compiled: MustacheTemplate
  private let library: MustacheLibrary
  /// Nil for a template with sections.
  private let flat: FlatTemplate?

  /// - Throws: the first rule that it breaks, with file and line.
  public init(
    _ name: String, of files: TemplateFiles, locale: String, _ schema: TemplateSchema
  ) throws(TemplateProblem) {
    let source = try TemplateSource(name, of: files, locale: locale)
    let others = try source.named(by: schema, in: files, locale: locale)
    try TemplateRules.check(source, with: others, schema)
    file = source.file
    pieces = source.pieces
    form = schema.form
    compiled = try source.compiled()
    var templates: [String: MustacheTemplate] = [:]
    for (name, other) in others { templates[name] = try other.compiled() }
    library = MustacheLibrary(templates: templates)
    flat = FlatTemplate(
      source.pieces + others.values.flatMap(\.pieces), compiled: compiled, library: library)
  }

  /// With the values escaped as the form needs it.
  public func render(_ values: TemplateValues) -> String {
    let escape: (String) -> String = form == .html ? \.htmlEscaped : { $0 }
    return flat?.render(values, escape)
      ?? compiled.render(values.mustache(escape), library: library)
  }

  /// The text between the tags, with the line on which each piece of it begins.
  public var literals: [(line: Int, bytes: ArraySlice<UInt8>)] {
    pieces.compactMap { if case .text(let bytes, let line) = $0 { (line, bytes) } else { nil } }
  }
}
