internal import Cryptography
internal import Formats

/// The API keys of callers, as `callers.file` holds them: only SHA-256 of each key. A key has 256
/// random bits, so a plain hash is enough (OWASP ASVS 6.5.2).
public struct CallerKeys: Sendable {
  public struct Entry: Sendable, Equatable {
    public let name: String
    /// SHA-256 of the key in hexadecimal.
    public let keyHash: String
    public let createdAt: String

    public var line: String { "\(name) \(keyHash) \(createdAt)\n" }
  }

  public let entries: [Entry]
  /// The callers, each once, in the order of the alphabet.
  public var callers: [String] { Set(entries.map(\.name)).sorted() }
  /// By SHA-256 of the key.
  private let names: [[UInt8]: String]

  /// Nobody's keys.
  public static let empty = CallerKeys()

  private init() {
    entries = []
    names = [:]
  }

  /// Why a callers file is refused; the line counts from 1.
  public enum Problem: Error, Sendable, Equatable {
    case malformedLine(Int)
    case duplicateKey(line: Int)
    case tooManyKeys(name: String)
  }

  /// Reads the lines `name sha256-hex created-at`; a caller may have two keys, for rotation.
  public init(file text: String) throws(Problem) {
    var entries: [Entry] = []
    for (number, line) in text.entryLines {
      let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3, Self.isName(fields[0]), Hex.decode(fields[1])?.count == 32,
        !fields[2].isEmpty
      else { throw .malformedLine(number) }
      guard !entries.contains(where: { $0.keyHash == fields[1] }) else {
        throw .duplicateKey(line: number)
      }
      entries.append(Entry(name: fields[0], keyHash: fields[1], createdAt: fields[2]))
      guard entries.count(where: { $0.name == fields[0] }) <= 2 else {
        throw .tooManyKeys(name: fields[0])
      }
    }
    self.entries = entries
    names = Dictionary(
      entries.compactMap { entry in Hex.decode(entry.keyHash).map { ($0, entry.name) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// Whose key this is, or nil. Looking up by hash keeps the key's bytes out of the timing.
  public func name(of key: String) -> String? {
    guard key.utf8.count <= 256 else { return nil }
    return names[SHA256.hash(Array(key.utf8))]
  }

  /// A new key and the entry that remembers it. The key is shown once and kept nowhere.
  public static func newKey(
    for name: String, createdAt: String
  ) throws(ResetError) -> (key: String, entry: Entry) {
    do {
      let key = "rekey_" + Base64URL.encode(try SecureRandom.bytes(32))
      let hash = Hex.encode(SHA256.hash(Array(key.utf8)))
      return (key, Entry(name: name, keyHash: hash, createdAt: createdAt))
    } catch { throw .cryptography }
  }

  /// A caller's name: 1 to 64 of `a-z 0-9 - _`, beginning with a letter. `file` is taken by the
  /// configuration key `callers.file`.
  public static func isName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, (97...122).contains(first), bytes.count <= 64, name != "file"
    else { return false }
    return bytes.allSatisfy {
      (97...122).contains($0) || (48...57).contains($0) || [45, 95].contains($0)
    }
  }
}
