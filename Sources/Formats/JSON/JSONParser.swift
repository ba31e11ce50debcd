/// One pass over the bytes with an index; `maximumDepth` is checked before each recursion.
struct JSONParser {
  private let bytes: [UInt8]
  private let maximumDepth: Int
  private var index = 0

  init(_ bytes: [UInt8], maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  mutating func document() throws(JSONError) -> JSON {
    try refuseOtherEncodings()
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    guard index == bytes.count else { throw failure(.trailingBytes) }
    return value
  }

  private func refuseOtherEncodings() throws(JSONError) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw failure(.byteOrderMark) }
    // UTF-16 and UTF-32 put a zero, or half of their mark, into the first four bytes.
    if bytes.prefix(4).contains(where: { $0 == 0 || $0 >= 0xFE }) { throw failure(.invalidUTF8) }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    guard index < bytes.count else { throw failure(.unexpectedEnd) }
    switch bytes[index] {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw failure(.syntax)
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    try descend(to: depth)
    if take(UInt8(ascii: "}")) { return JSONObject([]) }
    var members: [(key: String, value: JSON)] = []
    var keys = JSONKeys()
    repeat {
      skipSpace()
      let start = index
      guard next == UInt8(ascii: "\"") else { throw expected() }
      let key = try string()
      guard keys.insert(key, after: members) else {
        throw JSONError(code: .duplicateKey, offset: start)
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw expected() }
      skipSpace()
      members.append((key: key, value: try value(depth: depth)))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw expected() }
    return JSONObject(members)
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSON] {
    try descend(to: depth)
    if take(UInt8(ascii: "]")) { return [] }
    var values: [JSON] = []
    repeat {
      skipSpace()
      values.append(try value(depth: depth))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw expected() }
    return values
  }

  private mutating func descend(to depth: Int) throws(JSONError) {
    guard depth <= maximumDepth else { throw failure(.tooDeep) }
    index += 1
    skipSpace()
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    guard word.withUTF8Buffer({ bytes[index...].starts(with: $0) }) else { throw expected() }
    index += word.utf8CodeUnitCount
    return value
  }

  private mutating func number() throws(JSONError) -> String {
    guard let end = JSONNumber.end(in: bytes, from: index) else { throw failure(.syntax) }
    defer { index = end }
    return String(decoding: bytes[index..<end], as: UTF8.self)
  }

  /// The string whose opening quote is next. Most have no escape and are copied in one piece.
  private mutating func string() throws(JSONError) -> String {
    let start = index + 1
    index = start
    var union: UInt8 = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        index += 1
        return try text(bytes[start..<(index - 1)], isASCII: union < 0x80, at: start)
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      guard byte >= 0x20 else { throw failure(.controlCharacter) }
      union |= byte
      index += 1
    }
    throw failure(.unexpectedEnd)
  }

  /// Goes on at the first backslash of a string that began at `start`.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var content = Array(bytes[start..<index])
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        return try text(content[...], isASCII: false, at: start)
      case UInt8(ascii: "\\"): content.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20: throw failure(.controlCharacter)
      default:
        content.append(byte)
        index += 1
      }
    }
    throw failure(.unexpectedEnd)
  }

  private func text(
    _ content: ArraySlice<UInt8>, isASCII: Bool, at start: Int
  ) throws(JSONError) -> String {
    if isASCII { return String(decoding: content, as: UTF8.self) }
    // `decoding` would mend overlong forms and surrogates.
    let valid = String(validating: content, as: UTF8.self)
    guard let text = valid else { throw JSONError(code: .invalidUTF8, offset: start) }
    guard !text.unicodeScalars.contains(where: \.properties.isNoncharacterCodePoint) else {
      throw JSONError(code: .noncharacter, offset: start)
    }
    return text
  }

  /// The scalar of the escape whose backslash is next.
  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    index += 1
    guard let letter = next else { throw failure(.unexpectedEnd) }
    if letter == UInt8(ascii: "u") { return try unicodeEscape() }
    guard let scalar = JSONEscapes.scalar(letter) else { throw failure(.syntax) }
    index += 1
    return scalar
  }

  /// `u` and four digits are next, or two such escapes for a scalar above U+FFFF.
  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let start = index - 1
    let first = try codeUnit()
    guard first != 0 else { throw JSONError(code: .nulCharacter, offset: start) }
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard take(UInt8(ascii: "\\")), next == UInt8(ascii: "u"),
      let scalar = JSONEscapes.scalar(lead: first, trail: try codeUnit())
    else { throw JSONError(code: .loneSurrogate, offset: start) }
    return scalar
  }

  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    index += 1
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap(Hex.value(anyCase:)) else { throw expected() }
      unit = unit << 4 | UInt16(digit)
      index += 1
    }
    return unit
  }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return
      }
    }
  }

  private func failure(_ code: JSONError.Code) -> JSONError { .init(code: code, offset: index) }

  /// For a byte that is not the one the grammar asks for here.
  private func expected() -> JSONError {
    failure(index < bytes.count ? .syntax : .unexpectedEnd)
  }
}
