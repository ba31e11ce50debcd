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

/// The members of a JSON object in the order they were written.
public struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  public let members: [(key: String, value: JSON)]

  /// The keys must differ: the writer writes what it is given.
  public init(_ members: [(key: String, value: JSON)]) {
    self.members = members
  }

  public init(dictionaryLiteral elements: (String, JSON)...) {
    self.init(elements.map { (key: $0.0, value: $0.1) })
  }

  /// The value under the key with exactly these UTF-8 bytes. Takes time linear in the members.
  public subscript(key: String) -> JSON? {
    let wanted = JSONKey(key)
    return members.first { JSONKey($0.key) == wanted }?.value
  }

  /// The first key that is none of `known`, so that a caller can refuse what it would ignore.
  public func unknownKey(besides known: [String]) -> String? {
    members.first { member in !known.contains { JSONKey($0) == JSONKey(member.key) } }?.key
  }

  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.elementsEqual(right.members) { a, b in
      JSONKey(a.key) == JSONKey(b.key) && a.value == b.value
    }
  }
}

/// A string compared by its UTF-8 bytes.
struct JSONKey: Hashable {
  private let text: String

  init(_ text: String) {
    self.text = text
  }

  static func == (left: JSONKey, right: JSONKey) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

/// The keys of one object. Few are compared one by one; many go into a set, whose seed is random
/// in every process, so that no sender can choose keys that collide.
struct JSONKeys {
  private static let few = 16
  private var many: Set<JSONKey> = []

  /// Whether `key` is none of the members before it.
  mutating func insert(_ key: String, after members: [(key: String, value: JSON)]) -> Bool {
    let key = JSONKey(key)
    if members.count < Self.few { return !members.contains { JSONKey($0.key) == key } }
    if members.count == Self.few { many = Set(members.map { JSONKey($0.key) }) }
    return many.insert(key).inserted
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
