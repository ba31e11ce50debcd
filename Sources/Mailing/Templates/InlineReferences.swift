internal import Templates

/// Files that HTML shows by `cid:NAME` (RFC 2392). A reference without its file is a broken image,
/// and a file that nothing refers to is shown by some programs as an attachment.
enum InlineReferences {
  static func check(
    _ template: Template, _ files: [FileBeside], of kind: MailKind, beside: String
  ) throws(TemplateProblem) {
    let references = references(in: template)
    let inline = files.filter(\.isInline)
    for (name, line) in references {
      func problem(_ text: String) -> TemplateProblem {
        TemplateProblem(file: template.file, line: line, problem: text)
      }
      guard !name.isEmpty, name.allSatisfy(FileBeside.isPlain) else {
        throw problem("has a cid: without a name of letters, digits, '.', '_' and '-'")
      }
      guard inline.contains(where: { $0.name.utf8.elementsEqual(name) }) else {
        let name = String(decoding: name.prefix(100), as: UTF8.self)
        throw problem("refers to cid:\(name), which is not in \(kind.rawValue).inline")
      }
    }
    for file in inline
    where !references.contains(where: { $0.name.elementsEqual(file.name.utf8) }) {
      throw TemplateProblem(
        file: "\(beside).inline/\(file.name)",
        problem: "is not used; its template has no cid:\(file.name)")
    }
  }

  /// The names as they stand, in order: in tags, comments and styles, but not in text. Without the
  /// Mustache tags: the values that may stand there hold no references.
  private static func references(in template: Template) -> [(name: [UInt8], line: Int)] {
    let html = template.literals.flatMap(\.bytes)
    let lines = template.literals.flatMap { piece in
      piece.bytes.reduce(into: (line: piece.line, all: [Int]())) { found, byte in
        found.all.append(found.line)
        if byte == 10 { found.line += 1 }
      }.all
    }
    var references: [(name: [UInt8], line: Int)] = []
    var place = HTMLPlace()
    for index in html.indices {
      if !place.isText, let name = name(at: index, in: html) {
        references.append((name, lines[index]))
      }
      place.advance(over: html[index...index])
    }
    return references
  }

  private static func name(at index: Int, in html: [UInt8]) -> [UInt8]? {
    let folded = html[index...].prefix(4).map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    guard folded.elementsEqual("cid:".utf8),
      index == 0 || !FileBeside.isPlain(html[index - 1])
    else { return nil }
    return Array(html[(index + 4)...].prefix { $0 > 0x20 && !"\"'(),;<>&".utf8.contains($0) })
  }
}
