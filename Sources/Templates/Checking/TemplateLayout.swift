/// What surrounds other templates: text with blocks, `{{$name}}…{{/name}}`, that these fill.
struct TemplateLayout {
  /// The blocks there are, each once.
  private(set) var names: [String] = []
  /// Those that have nothing of their own.
  private(set) var emptyNames: [String] = []

  init(_ source: TemplateSource, _ form: TemplateSchema.Form) throws(TemplateProblem) {
    var place = HTMLPlace()
    var open: (name: String, line: Int, isEmpty: Bool)?
    for piece in source.pieces {
      switch piece {
      case .text(let text, _):
        if form == .html { place.advance(over: text) }
        if text.contains(where: { $0 > 0x20 }) { open?.isEmpty = false }
      case .tag(.comment, _): break
      case .tag(.block(let name), let line) where open == nil:
        guard form == .text || place.isText else {
          throw TemplateProblem(
            file: source.file, line: line,
            problem: "must not have {{$\(name)}} inside a tag, a comment, a script or a style")
        }
        open = (name, line, true)
      case .tag(.close(let name), _) where open?.name == name:
        if !names.contains(name) { names.append(name) }
        if open?.isEmpty == true, !emptyNames.contains(name) { emptyNames.append(name) }
        open = nil
      case .tag(_, let line):
        throw TemplateProblem(
          file: source.file, line: line,
          problem: "has a tag that is neither a block, {{$name}}…{{/name}}, nor a comment")
      }
    }
    if let open {
      throw TemplateProblem(
        file: source.file, line: open.line, problem: "does not close {{$\(open.name)}}")
    }
  }
}
