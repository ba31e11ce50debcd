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

extension JSONObject {
  /// Members in this order; those without a value are left out.
  public init(present members: [(String, JSON?)]) {
    self.init(members.compactMap { key, value in value.map { (key: key, value: $0) } })
  }

  public init(texts: [(String, String)]) {
    self.init(texts.map { (key: $0.0, value: JSON.string($0.1)) })
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
