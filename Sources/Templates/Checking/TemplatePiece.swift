internal import Formats

/// A template taken apart.
enum TemplatePiece: Equatable {
  case text(ArraySlice<UInt8>, line: Int)
  case tag(TemplateTag, line: Int)

  /// - Throws: where a tag is not closed or not one that may be used.
  static func pieces(of source: [UInt8], file: String) throws(TemplateProblem) -> [TemplatePiece] {
    var pieces: [TemplatePiece] = []
    var rest = source[...]
    var line = 1
    while let open = rest.firstRange(of: "{{") {
      if open > rest.startIndex { pieces.append(.text(rest[..<open], line: line)) }
      line += rest[..<open].count { $0 == 10 }
      rest = rest[(open + 2)...]
      let isTriple = rest.first == UInt8(ascii: "{")
      guard let close = rest.firstRange(of: isTriple ? "}}}" : "}}") else {
        throw TemplateProblem(file: file, line: line, problem: "has a tag that is not closed")
      }
      let inner = rest[..<(isTriple ? close + 1 : close)]
      guard let tag = TemplateTag(inner) else {
        throw TemplateProblem(
          file: file, line: line,
          problem: "has {{\(shown(inner))}}, a tag that is not one of \(TemplateTag.list)")
      }
      pieces.append(.tag(tag, line: line))
      line += inner.count { $0 == 10 }
      rest = rest[(inner.endIndex + 2)...]
    }
    if !rest.isEmpty { pieces.append(.text(rest, line: line)) }
    return pieces
  }

  /// Short and on one line.
  private static func shown(_ inner: ArraySlice<UInt8>) -> String {
    SafeText.singleLine(String(decoding: inner.prefix(60), as: UTF8.self))
  }
}
