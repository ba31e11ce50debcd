/// A part of a template with a beginning and an end: the whole file, a section, a layout or one of
/// its blocks.
struct TemplateScope {
  enum Kind {
    case file
    case section(String, isInverted: Bool)
    case layout(String)
    case block(String)
  }

  let kind: Kind
  /// What may be used in it.
  let names: TemplateNames
  /// Where it begins.
  let line: Int
  var isEmpty = true
  /// The sections and blocks in it, and where the first of them begins.
  private var asked: Set<String> = []
  private var askedNot: Set<String> = []
  private var askedLine: Int?

  init(_ kind: Kind, _ names: TemplateNames, line: Int) {
    self.kind = kind
    self.names = names
    self.line = line
  }

  var name: String? {
    switch kind {
    case .file: nil
    case .section(let name, _), .layout(let name), .block(let name): name
    }
  }

  var isSection: Bool { if case .section = kind { true } else { false } }

  /// Its first tag.
  var opening: String {
    switch kind {
    case .file: ""
    case .section(let name, let isInverted): "{{\(isInverted ? "^" : "#")\(name)}}"
    case .layout(let name): "{{<\(name)}}"
    case .block(let name): "{{$\(name)}}"
    }
  }

  mutating func asks(_ name: String, isInverted: Bool, line: Int) {
    if isInverted { askedNot.insert(name) } else { asked.insert(name) }
    if askedLine == nil { askedLine = line }
  }

  func hasAsked(_ name: String) -> Bool { asked.contains(name) }

  var problemLine: Int {
    if case .layout = kind { line } else { askedLine ?? line }
  }

  /// What is wrong with it as a whole.
  func problem(in layout: TemplateLayout?) -> String? {
    switch kind {
    case .layout:
      let missing = layout?.emptyNames.first { !asked.contains($0) }
      return missing.map { "has nothing for the block {{$\($0)}}" }
    case .block(let name) where isEmpty: return "leaves the block {{$\(name)}} empty"
    case .file, .block, .section: break
    }
    for choice in names.choices {
      if let missing = missing(in: choice) {
        return "says nothing for {{#\(missing)}}, which is one of \(choice.joined(separator: ", "))"
      }
    }
    return nil
  }

  /// One of the group always opens: who asks for some of it asks for all, or for what is not one.
  private func missing(in choice: [String]) -> String? {
    let group = Set(choice)
    guard !group.isDisjoint(with: asked.union(askedNot)) else { return nil }
    let others = group.intersection(askedNot).map { group.subtracting([$0]) }
    let covered = others.reduce(asked) { $0.union($1) }
    return choice.first { !covered.contains($0) }
  }
}
