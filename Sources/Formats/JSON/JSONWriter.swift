extension JSON {
  /// Compact RFC 8259 text that ``init(parsing:maximumDepth:)`` reads back to an equal value, if
  /// keys differ and depth allows. A ``number(_:)`` that is no JSON number is written as `null`.
  public func serialized() -> String {
    String(decoding: serializedBytes(), as: UTF8.self)
  }

  /// The same as UTF-8.
  public func serializedBytes() -> [UInt8] {
    var writer = JSONWriter()
    writer.write(self)
    return writer.bytes
  }
}

private struct JSONWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ value: JSON) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .number(let literal): append(JSONNumber.isNumber(Array(literal.utf8)) ? literal : "null")
    case .string(let text): write(text)
    case .array(let values):
      list(values, UInt8(ascii: "["), UInt8(ascii: "]")) { writer, value in writer.write(value) }
    case .object(let object):
      list(object.members, UInt8(ascii: "{"), UInt8(ascii: "}")) { writer, member in
        writer.write(member.key)
        writer.bytes.append(UInt8(ascii: ":"))
        writer.write(member.value)
      }
    }
  }

  private mutating func list<Element>(
    _ elements: [Element], _ open: UInt8, _ close: UInt8,
    _ write: (inout JSONWriter, Element) -> Void
  ) {
    bytes.append(open)
    for (position, element) in elements.enumerated() {
      if position > 0 { bytes.append(UInt8(ascii: ",")) }
      write(&self, element)
    }
    bytes.append(close)
  }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
        bytes.append(byte)
      } else {
        JSONEscapes.append(byte, to: &bytes)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }
}

/// The escapes of RFC 8259 §7, for reading and writing.
enum JSONEscapes {
  /// The scalar that a backslash and this letter stand for; nil for `u` and all others.
  static func scalar(_ letter: UInt8) -> Unicode.Scalar? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(letter)
    case UInt8(ascii: "b"): "\u{08}"
    case UInt8(ascii: "f"): "\u{0C}"
    case UInt8(ascii: "n"): "\n"
    case UInt8(ascii: "r"): "\r"
    case UInt8(ascii: "t"): "\t"
    default: nil
    }
  }

  /// The scalar of a surrogate pair, RFC 2781 §2.2; nil if the two are not one.
  static func scalar(lead: UInt16, trail: UInt16) -> Unicode.Scalar? {
    guard UTF16.isLeadSurrogate(lead), UTF16.isTrailSurrogate(trail) else { return nil }
    return Unicode.Scalar(0x10000 + (UInt32(lead & 0x3FF) << 10 | UInt32(trail & 0x3FF)))
  }

  /// Writes a quote, a backslash or a control character in its escaped form.
  static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0..<0x20:
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(Hex.digit(byte >> 4))
      bytes.append(Hex.digit(byte & 0xF))
    default: bytes.append(byte)
    }
  }
}

/// The number grammar of RFC 8259 §6.
enum JSONNumber {
  static func isNumber(_ bytes: [UInt8]) -> Bool {
    end(in: bytes, from: 0) == bytes.count
  }

  /// The index after the number that begins at `start`, or nil if none does. A digit after a
  /// leading zero is refused here: it would otherwise be read as what follows the number.
  static func end(in bytes: [UInt8], from start: Int) -> Int? {
    var index = start
    if has(UInt8(ascii: "-"), in: bytes, at: index) { index += 1 }
    let whole = index
    guard skipDigits(in: bytes, &index) else { return nil }
    if bytes[whole] == UInt8(ascii: "0") && index > whole + 1 { return nil }
    if has(UInt8(ascii: "."), in: bytes, at: index) {
      index += 1
      guard skipDigits(in: bytes, &index) else { return nil }
    }
    // Either case of the letter.
    guard index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") else { return index }
    index += 1
    let signs = [UInt8(ascii: "+"), UInt8(ascii: "-")]
    if index < bytes.count, signs.contains(bytes[index]) { index += 1 }
    return skipDigits(in: bytes, &index) ? index : nil
  }

  private static func has(_ byte: UInt8, in bytes: [UInt8], at index: Int) -> Bool {
    index < bytes.count && bytes[index] == byte
  }

  /// Whether there was at least one.
  private static func skipDigits(in bytes: [UInt8], _ index: inout Int) -> Bool {
    let start = index
    while index < bytes.count, 0x30...0x39 ~= bytes[index] { index += 1 }
    return index > start
  }
}
