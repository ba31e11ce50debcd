/// What a template must and must not contain. Mustache itself takes almost anything: it renders a
/// name it does not know as nothing, so a typing error would mail a sentence without its link.
struct TemplateRules {
  static let maximumDepth = 8

  let kind: TemplateKind
  let part: TemplatePart
  private(set) var links = 0
  private var open: [String] = []
  private var place = HTMLPlace()

  private init(kind: TemplateKind, part: TemplatePart) {
    self.kind = kind
    self.part = part
  }

  /// The first rule that the template breaks, as the end of a sentence about it.
  static func problem(
    in source: [UInt8], of kind: TemplateKind, _ part: TemplatePart
  ) -> String? {
    if let line = source.lineOfControlCharacter { return "has a control character in line \(line)" }
    guard let pieces = TemplatePiece.pieces(of: source) else {
      return "has a tag that is not closed or not one of {{name}}, {{{name}}}, {{#name}}, "
        + "{{^name}}, {{/name}}, {{! comment}}"
    }
    var rules = TemplateRules(kind: kind, part: part)
    for piece in pieces {
      if let problem = rules.problem(with: piece) { return problem }
    }
    return rules.problemAtEnd
  }

  private mutating func problem(with piece: TemplatePiece) -> String? {
    switch piece {
    case .text(let text):
      if part == .html { place.advance(over: text) }
      return nil
    case .tag(.comment):
      return nil
    case .tag(.textPragma):
      return part == .html ? "is HTML, so it must not have {{% CONTENT_TYPE: TEXT}}" : nil
    case .tag(.open(let name)):
      guard name.isDataName, kind.hasData else {
        return "has a section on {{\(name)}}; "
          + (kind.hasData ? "only data.* may have one" : "nothing may have one here")
      }
      open.append(name)
      return open.count > Self.maximumDepth ? "has more than 8 sections in one another" : nil
    case .tag(.close(let name)):
      return open.popLast() == name ? nil : "closes {{\(name)}}, which is not the open section"
    case .tag(.variable(let name, let isUnescaped)):
      return problem(withVariable: name, isUnescaped: isUnescaped)
    }
  }

  private mutating func problem(withVariable name: String, isUnescaped: Bool) -> String? {
    guard kind.names.contains(name) || kind.hasData && name.isDataName else {
      return "uses {{\(name)}}; known \(known)"
    }
    if part == .html, isUnescaped { return "must not use {{\(name)}} unescaped" }
    if name == "link" {
      links += 1
      if !open.isEmpty { return "has {{link}} in a section, so it may be missing or repeated" }
      return part == .html && !place.isHref ? "must have {{link}} as <a href=\"{{link}}\">" : nil
    }
    return part == .html && !place.isText
      ? "must not use {{\(name)}} inside a tag, a comment, a script or a style" : nil
  }

  private var known: String {
    kind.hasData
      ? "are \(kind.names.joined(separator: ", ")) and data.NAME" : "is brand alone"
  }

  private var problemAtEnd: String? {
    if let name = open.last { return "does not close {{#\(name)}}" }
    guard links == part.links(of: kind) else {
      return part.links(of: kind) == 0
        ? "must not have {{link}}" : "must have {{link}} exactly once, not \(links) times"
    }
    return nil
  }
}

extension String {
  /// `data.` and a name without further dots: values in values are not reached.
  var isDataName: Bool {
    let parts = utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0].elementsEqual("data".utf8) && !parts[1].isEmpty
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
