/// Where in HTML a point is, as far as it decides whether an escaped value is harmless there. It
/// reads the source of a trusted template, so it need not follow every rule of the standard; where
/// it is unsure it says that it is not in text.
public struct HTMLPlace {
  private var isInTag = false
  private var quote: UInt8?
  /// Whether the last byte was the quote that began a value.
  private var isAtQuote = false
  /// The tag so far, from its `<`.
  private var tag: [UInt8] = []
  /// `script` or `style`, while in one.
  private var rawElement: String?

  public init() {}

  public mutating func advance(over text: ArraySlice<UInt8>) {
    for byte in text {
      if isInTag { advanceInTag(byte) } else if byte == UInt8(ascii: "<") { begin() }
    }
  }

  /// Between tags, and not in an element whose text is not HTML.
  public var isText: Bool { !isInTag && rawElement == nil }

  /// Just after `<a … href="`.
  var isHref: Bool {
    quote != nil && tag.starts(with: "<a ".utf8) && tag.suffix(7).elementsEqual(" href=\"".utf8)
      && rawElement == nil
  }

  /// Just after the quote that begins the value of an attribute that is shown or sent as it is:
  /// neither code nor a URL.
  var isPlainAttribute: Bool {
    guard quote != nil, isAtQuote, rawElement == nil, !tag.starts(with: "<!--".utf8) else {
      return false
    }
    return ["value", "title", "alt", "placeholder", "aria-label"].contains { name in
      tag.dropLast().suffix(name.utf8.count + 2).elementsEqual(" \(name)=".utf8)
    }
  }

  private mutating func begin() {
    isInTag = true
    tag = [UInt8(ascii: "<")]
  }

  private mutating func advanceInTag(_ byte: UInt8) {
    // Line breaks and upper case are as good as spaces and lower case.
    tag.append(byte == 10 || byte == 9 ? 0x20 : (0x41...0x5a).contains(byte) ? byte | 0x20 : byte)
    isAtQuote = false
    if tag.starts(with: "<!--".utf8) {
      if tag.count >= 7, tag.suffix(3).elementsEqual("-->".utf8) { end() }
    } else if let open = quote {
      if byte == open { quote = nil }
    } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      (quote, isAtQuote) = (byte, true)
    } else if byte == UInt8(ascii: ">") {
      end()
    }
  }

  private mutating func end() {
    isInTag = false
    if let name = rawElement {
      if tag.starts(with: "</\(name)".utf8) { rawElement = nil }
    } else {
      rawElement = ["script", "style"].first { tag.starts(with: "<\($0)".utf8) }
    }
  }
}
