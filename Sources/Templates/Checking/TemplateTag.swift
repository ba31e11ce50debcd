internal import Formats

/// A tag of the part of Mustache that templates may use.
enum TemplateTag: Equatable {
  static let list =
    "{{name}}, {{{name}}}, {{#name}}, {{^name}}, {{/name}}, {{>name}}, {{<name}}, "
    + "{{$name}}, {{! comment}}"

  case variable(name: String, isUnescaped: Bool)
  case open(name: String, isInverted: Bool)
  case close(name: String)
  /// The pragma that says that the template is text, not HTML.
  case textPragma
  case comment
  case partial(name: String)
  case layout(name: String)
  case block(name: String)

  /// Reads what stands between `{{` and `}}`. Nil for what is not in that part: other
  /// delimiters, transforms, other pragmas, partials by a value.
  init?(_ inner: ArraySlice<UInt8>) {
    let marked = Self.name(inner.dropFirst())
    let tag: TemplateTag? =
      switch inner.first {
      case UInt8(ascii: "!"): .comment
      case UInt8(ascii: "%"): Self.isTextPragma(inner) ? .textPragma : nil
      case UInt8(ascii: "#"): marked.map { .open(name: $0, isInverted: false) }
      case UInt8(ascii: "^"): marked.map { .open(name: $0, isInverted: true) }
      case UInt8(ascii: ">"): marked.map { .partial(name: $0) }
      case UInt8(ascii: "<"): marked.map { .layout(name: $0) }
      case UInt8(ascii: "$"): marked.map { .block(name: $0) }
      case UInt8(ascii: "/"): marked.map { .close(name: $0) }
      case UInt8(ascii: "&"): marked.map { .variable(name: $0, isUnescaped: true) }
      case UInt8(ascii: "{"):
        inner.last == UInt8(ascii: "}") && inner.count > 2
          ? Self.name(inner.dropFirst().dropLast()).map { .variable(name: $0, isUnescaped: true) }
          : nil
      default: Self.name(inner).map { .variable(name: $0, isUnescaped: false) }
      }
    guard let tag else { return nil }
    self = tag
  }

  private static func isTextPragma(_ inner: ArraySlice<UInt8>) -> Bool {
    inner.dropFirst().filter { $0 != 0x20 }.elementsEqual("CONTENT_TYPE:TEXT".utf8)
  }

  private static func name(_ bytes: ArraySlice<UInt8>) -> String? {
    var name = bytes
    while name.first == 0x20 { name.removeFirst() }
    while name.last == 0x20 { name.removeLast() }
    let isName = name.allSatisfy { $0.isASCIIAlphanumeric || "_-.".utf8.contains($0) }
    return isName && !name.isEmpty ? String(decoding: name, as: UTF8.self) : nil
  }
}
