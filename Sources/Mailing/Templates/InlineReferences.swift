/// Files that HTML shows by `cid:NAME` (RFC 2392). A reference without its file is a broken image,
/// and a file that nothing refers to is shown by some programs as an attachment.
enum InlineReferences {
  /// The names as they stand, in order: in tags, comments and styles, but not in text.
  static func names(in pieces: [TemplatePiece]) -> [[UInt8]] {
    let html = visible(pieces)
    var names: [[UInt8]] = []
    var place = HTMLPlace()
    for index in html.indices {
      if !place.isText, let name = name(at: index, in: html) { names.append(name) }
      place.advance(over: html[index...index])
    }
    return names
  }

  static func check(
    _ names: [[UInt8]], _ files: [TemplateFile], of kind: TemplateKind, locale: String
  ) throws(MailingError) {
    let html = "\(locale)/\(TemplatePart.html.file(of: kind))"
    let inline = files.filter(\.isInline)
    for name in names {
      guard !name.isEmpty, name.allSatisfy(TemplateFile.isPlain) else {
        throw .template(
          file: html, problem: "has a cid: without a name of letters, digits, '.', '_' and '-'")
      }
      guard inline.contains(where: { $0.name.utf8.elementsEqual(name) }) else {
        let name = String(decoding: name.prefix(100), as: UTF8.self)
        throw .template(
          file: html, problem: "refers to cid:\(name), which is not in \(kind.rawValue).inline")
      }
    }
    for file in inline where !names.contains(where: { $0.elementsEqual(file.name.utf8) }) {
      throw .template(
        file: "\(locale)/\(kind.rawValue).inline/\(file.name)",
        problem: "is not used; its template has no cid:\(file.name)")
    }
  }

  /// Without its Mustache tags: the values that may stand there hold no references.
  private static func visible(_ pieces: [TemplatePiece]) -> [UInt8] {
    pieces.flatMap { piece -> ArraySlice<UInt8> in
      if case .text(let text) = piece { text } else { [] }
    }
  }

  private static func name(at index: Int, in html: [UInt8]) -> [UInt8]? {
    let folded = html[index...].prefix(4).map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    guard folded.elementsEqual("cid:".utf8),
      index == 0 || !TemplateFile.isPlain(html[index - 1])
    else { return nil }
    return Array(html[(index + 4)...].prefix { $0 > 0x20 && !"\"'(),;<>&".utf8.contains($0) })
  }
}
