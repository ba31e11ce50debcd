/// What a template must and must not contain. Mustache itself takes almost anything: it renders a
/// name it does not know as nothing, so a typing error would show a sentence without its link.
struct TemplateRules {
  private static let maximumDepth = 8

  private let schema: TemplateSchema
  private let others: [String: TemplateSource]
  /// The template itself.
  private let root: String
  /// Of the template that is being read: a partial is read where it stands.
  private var file: String
  private var layout: TemplateLayout?
  private var links = 0
  private var scopes: [TemplateScope] = []
  private var place = HTMLPlace()

  private init(_ file: String, with others: [String: TemplateSource], _ schema: TemplateSchema) {
    self.schema = schema
    self.others = others
    (root, self.file) = (file, file)
  }

  /// - Parameter others: the layout and the partials that it may name.
  /// - Throws: the first rule that it breaks.
  static func check(
    _ source: TemplateSource, with others: [String: TemplateSource], _ schema: TemplateSchema
  ) throws(TemplateProblem) {
    var rules = TemplateRules(source.file, with: others, schema)
    try rules.read(source, schema.names)
    guard let link = schema.link, rules.links != 1 else { return }
    throw TemplateProblem(
      file: source.file, problem: "must have {{\(link)}} exactly once, not \(rules.links) times")
  }

  private func problem(_ line: Int, _ problem: String) -> TemplateProblem {
    TemplateProblem(file: file, line: line, problem: problem)
  }

  private mutating func read(
    _ source: TemplateSource, _ names: TemplateNames
  ) throws(TemplateProblem) {
    let (outerFile, outerScopes) = (file, scopes)
    file = source.file
    scopes = [TemplateScope(.file, names, line: 1)]
    for piece in source.pieces {
      switch piece {
      case .text(let text, let line): try read(text, line)
      case .tag(let tag, let line): try read(tag, line)
      }
    }
    if scopes.count > 1, let open = scopes.last {
      throw problem(open.line, "does not close \(open.opening)")
    }
    try end(line: 1)
    (file, scopes) = (outerFile, outerScopes)
  }

  private mutating func read(_ text: ArraySlice<UInt8>, _ line: Int) throws(TemplateProblem) {
    if schema.form == .html { place.advance(over: text) }
    guard text.contains(where: { $0 > 0x20 }) else { return }
    try show(line)
  }

  /// Something stands here that people see.
  private mutating func show(_ line: Int) throws(TemplateProblem) {
    guard let scope = scopes.last else { return }
    if case .layout(let name) = scope.kind {
      throw problem(
        line, "has something between the blocks of {{<\(name)}}, where nothing is shown")
    }
    if case .file = scope.kind, file == root, layout != nil, let name = schema.layout {
      throw problem(line, "has something outside of {{<\(name)}}")
    }
    scopes[scopes.count - 1].isEmpty = false
  }

  private mutating func read(_ tag: TemplateTag, _ line: Int) throws(TemplateProblem) {
    switch tag {
    case .comment: break
    case .textPragma:
      guard schema.form == .text else {
        throw problem(line, "is HTML, so it must not have {{% CONTENT_TYPE: TEXT}}")
      }
    case .variable(let name, let isUnescaped):
      try show(line)
      try use(name, isUnescaped: isUnescaped, line)
    case .open(let name, let isInverted):
      try show(line)
      try open(name, isInverted: isInverted, line)
    case .partial(let name):
      try show(line)
      try insert(name, line)
    case .layout(let name): try begin(layout: name, line)
    case .block(let name): try begin(block: name, line)
    case .close(let name):
      guard scopes.count > 1, scopes.last?.name == name else {
        throw problem(line, "closes {{\(name)}}, which is not the open section")
      }
      try end(line: line)
    }
  }

  private var names: TemplateNames { scopes.last?.names ?? TemplateNames() }

  private func isData(_ name: String) -> Bool { schema.hasData && name.isDataName }
}

// Values.
extension TemplateRules {
  private mutating func use(
    _ name: String, isUnescaped: Bool, _ line: Int
  ) throws(TemplateProblem) {
    if names.optional.contains(name) {
      throw problem(line, "uses {{\(name)}}, which may be nothing, outside of {{#\(name)}}")
    }
    guard names.values.contains(name) || isData(name) else {
      throw problem(line, "uses {{\(name)}}; known \(known)")
    }
    if schema.form == .html, isUnescaped {
      throw problem(line, "must not use {{\(name)}} unescaped")
    }
    if name == schema.link { return try useLink(name, line) }
    guard schema.form == .text || place.isText || schema.layout != nil && place.isPlainAttribute
    else {
      throw problem(
        line,
        "must not use {{\(name)}} inside a tag, a comment, a script or a style"
          + (schema.layout == nil
            ? "" : ", but as the whole of value=\"…\", title=\"…\" or alt=\"…\""))
    }
  }

  private mutating func useLink(_ name: String, _ line: Int) throws(TemplateProblem) {
    links += 1
    if scopes.count > 1 {
      throw problem(line, "has {{\(name)}} in a section, so it may be missing or repeated")
    }
    if schema.form == .html, !place.isHref {
      throw problem(line, "must have {{\(name)}} as <a href=\"{{\(name)}}\">")
    }
  }

  private var known: String {
    let all = names.values + names.optional + (schema.hasData ? ["data.NAME"] : [])
    return switch all.count {
    case 0: "is none here"
    case 1: "is \(all[0]) alone"
    default: "are \(Self.list(all))"
    }
  }

  private static func list(_ names: [String]) -> String {
    guard names.count > 1, let last = names.last else { return names.first ?? "" }
    return "\(names.dropLast().joined(separator: ", ")) and \(last)"
  }
}

// What has a beginning and an end.
extension TemplateRules {
  private mutating func open(
    _ name: String, isInverted: Bool, _ line: Int
  ) throws(TemplateProblem) {
    guard names.sections.contains(name) || isData(name) else {
      let all = names.sections + (schema.hasData ? ["data.*"] : [])
      throw problem(
        line,
        "has a section on {{\(name)}}; "
          + (all.isEmpty ? "nothing may have one here" : "only \(Self.list(all)) may have one"))
    }
    scopes[scopes.count - 1].asks(name, isInverted: isInverted, line: line)
    let inner = isInverted ? names : names.opened(by: name)
    scopes.append(TemplateScope(.section(name, isInverted: isInverted), inner, line: line))
    if scopes.count(where: \.isSection) > Self.maximumDepth {
      throw problem(line, "has more than 8 sections in one another")
    }
  }

  private mutating func insert(_ name: String, _ line: Int) throws(TemplateProblem) {
    guard schema.partials.contains(name), let partial = others[name], partial.file != file else {
      throw problem(
        line,
        "has {{>\(name)}}, a tag that names no template; "
          + (schema.partials.isEmpty
            ? "there is none for this one"
            : Self.list(schema.partials)
              + " may be named"))
    }
    let outer = names
    try read(partial, outer)
  }

  private mutating func begin(layout name: String, _ line: Int) throws(TemplateProblem) {
    guard name == schema.layout, let source = others[name], scopes.count == 1, layout == nil,
      scopes[0].isEmpty
    else {
      throw problem(
        line,
        "has {{<\(name)}}, a tag that "
          + (schema.layout.map { "may stand once, around everything, as {{<\($0)}}" }
            ?? "may not be used here"))
    }
    layout = try TemplateLayout(source, schema.form)
    scopes[0].isEmpty = false
    scopes.append(TemplateScope(.layout(name), names, line: line))
  }

  private mutating func begin(block name: String, _ line: Int) throws(TemplateProblem) {
    guard let layout, case .layout(let parent)? = scopes.last?.kind else {
      throw problem(line, "has {{$\(name)}}, a tag that stands in {{<layout}} alone")
    }
    guard layout.names.contains(name) else {
      throw problem(
        line, "has {{$\(name)}}; the blocks of \(parent) are \(Self.list(layout.names))")
    }
    guard !scopes[scopes.count - 1].hasAsked(name) else {
      throw problem(line, "fills the block {{$\(name)}} twice")
    }
    scopes[scopes.count - 1].asks(name, isInverted: false, line: line)
    place = HTMLPlace()
    scopes.append(TemplateScope(.block(name), names, line: line))
  }

  private mutating func end(line: Int) throws(TemplateProblem) {
    guard let scope = scopes.popLast() else { return }
    if case .file = scope.kind, scope.isEmpty, schema.layout != nil {
      throw problem(line, "is empty")
    }
    if let problem = scope.problem(in: layout) { throw self.problem(scope.problemLine, problem) }
    if case .block = scope.kind, schema.form == .html, !place.isText {
      throw problem(line, "leaves a tag open at the end of \(scope.opening)")
    }
  }
}
