/// One JSON value, RFC 8259. Equality compares UTF-8 bytes and the order of members: Swift's own
/// string equality takes two spellings of `é` as one, which no other party of a request does.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// The literal as written, so that no digit is lost to a floating-point number.
  case number(String)
  case string(String)
  case array([JSON])
  case object(JSONObject)

  /// Parses strict RFC 8259 within I-JSON (RFC 7493): UTF-8 without byte order mark, no duplicate
  /// keys (compared after unescaping), no lone surrogates, no noncharacters, and no U+0000, which
  /// would end a string early in C. Takes any bytes without trapping, in linear time.
  ///
  /// - Parameter maximumDepth: how many arrays and objects may stand in one another, 1 ... 512
  ///   (brought into these bounds); the outermost counts as 1.
  public init(parsing bytes: [UInt8], maximumDepth: Int = 8) throws(JSONError) {
    var parser = JSONParser(bytes, maximumDepth: min(max(maximumDepth, 1), 512))
    self = try parser.document()
  }

  public init(
    parsing bytes: some Collection<UInt8>, maximumDepth: Int = 8
  ) throws(JSONError) {
    try self.init(parsing: Array(bytes), maximumDepth: maximumDepth)
  }

  /// A whole number as a value to write.
  public static func integer(_ value: some FixedWidthInteger) -> JSON {
    .number(String(value))
  }

  public var isNull: Bool { self == .null }

  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  public var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The number, if it is written as a whole one (`7`, not `7.0` or `7e0`) and fits.
  public var integer: Int64? {
    guard case .number(let literal) = self else { return nil }
    return Int64(literal)
  }

  public var array: [JSON]? {
    guard case .array(let values) = self else { return nil }
    return values
  }

  public var object: JSONObject? {
    guard case .object(let object) = self else { return nil }
    return object
  }

  public static func == (left: JSON, right: JSON) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)), (.string(let a), .string(let b)):
      JSONKey(a) == JSONKey(b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }
}

/// Why a text is not acceptable JSON, and where; never what it contains.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Stable codes.
  public enum Code: String, Sendable {
    case byteOrderMark = "byte_order_mark"
    case controlCharacter = "control_character"
    case duplicateKey = "duplicate_key"
    case invalidUTF8 = "invalid_utf8"
    case loneSurrogate = "lone_surrogate"
    case noncharacter
    case nulCharacter = "nul_character"
    case syntax
    case tooDeep = "too_deep"
    case trailingBytes = "trailing_bytes"
    case unexpectedEnd = "unexpected_end"
  }

  public let code: Code
  /// Bytes from the start of the text to the byte, or the start of the string, at fault.
  public let offset: Int

  public var description: String { "\(code.rawValue) at byte \(offset)" }
}
