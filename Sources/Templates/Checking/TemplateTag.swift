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
    switch inner.first {
    case UInt8(ascii: "!"):
      self = .comment
    case UInt8(ascii: "%"):
      let words = inner.dropFirst().filter { $0 != 0x20 }
      guard words.elementsEqual("CONTENT_TYPE:TEXT".utf8) else { return nil }
      self = .textPragma
    case UInt8(ascii: "#"), UInt8(ascii: "^"):
      guard let name = Self.name(inner.dropFirst()) else { return nil }
      self = .open(name: name, isInverted: inner.first == UInt8(ascii: "^"))
    case UInt8(ascii: ">"):
      guard let name = Self.name(inner.dropFirst()) else { return nil }
      self = .partial(name: name)
    case UInt8(ascii: "<"):
      guard let name = Self.name(inner.dropFirst()) else { return nil }
      self = .layout(name: name)
    case UInt8(ascii: "$"):
      guard let name = Self.name(inner.dropFirst()) else { return nil }
      self = .block(name: name)
    case UInt8(ascii: "/"):
      guard let name = Self.name(inner.dropFirst()) else { return nil }
      self = .close(name: name)
    case UInt8(ascii: "{"):
      guard inner.last == UInt8(ascii: "}"), inner.count > 2,
        let name = Self.name(inner.dropFirst().dropLast())
      else { return nil }
      self = .variable(name: name, isUnescaped: true)
    case UInt8(ascii: "&"):
      guard let name = Self.name(inner.dropFirst()) else { return nil }
      self = .variable(name: name, isUnescaped: true)
    default:
      guard let name = Self.name(inner) else { return nil }
      self = .variable(name: name, isUnescaped: false)
    }
  }

  private static func name(_ bytes: ArraySlice<UInt8>) -> String? {
    var name = bytes
    while name.first == 0x20 { name.removeFirst() }
    while name.last == 0x20 { name.removeLast() }
    let isName = name.allSatisfy { byte in
      switch byte | 0x20 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"): true
      default:
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "_-.".utf8.contains(byte)
      }
    }
    return isName && !name.isEmpty ? String(decoding: name, as: UTF8.self) : nil
  }
}
