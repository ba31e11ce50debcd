/// A tag of the part of Mustache that mail templates may use.
enum TemplateTag: Equatable {
  case variable(name: String, isUnescaped: Bool)
  case open(name: String)
  case close(name: String)
  /// The pragma that says that the template is text, not HTML.
  case textPragma
  case comment

  /// Reads what stands between `{{` and `}}`. Nil for what is not in that part: partials, blocks,
  /// other delimiters, transforms, other pragmas.
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
      self = .open(name: name)
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

/// A template taken apart.
enum TemplatePiece: Equatable {
  case text(ArraySlice<UInt8>)
  case tag(TemplateTag)

  /// Nil where a tag is not closed or not one that may be used.
  static func pieces(of source: [UInt8]) -> [TemplatePiece]? {
    var pieces: [TemplatePiece] = []
    var rest = source[...]
    while let open = rest.firstRange(of: "{{") {
      if !rest[..<open].isEmpty { pieces.append(.text(rest[..<open])) }
      rest = rest[(open + 2)...]
      let isTriple = rest.first == UInt8(ascii: "{")
      guard let close = rest.firstRange(of: isTriple ? "}}}" : "}}") else { return nil }
      let end = isTriple ? close + 1 : close
      guard let tag = TemplateTag(rest[..<end]) else { return nil }
      pieces.append(.tag(tag))
      rest = rest[(end + 2)...]
    }
    if !rest.isEmpty { pieces.append(.text(rest)) }
    return pieces
  }
}

extension ArraySlice<UInt8> {
  /// Where the ASCII text first stands.
  func firstRange(of text: StaticString) -> Int? {
    let wanted = Array(text.description.utf8)
    return indices.first { self[$0...].starts(with: wanted) }
  }
}
