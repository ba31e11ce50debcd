import Cryptography
import Formats
import Testing

@testable import PasswordReset

@Suite struct CallerKeysTests {
  private static let key = "rekey_one"
  private static let hash = Hex.encode(SHA256.hash(Array("rekey_one".utf8)))
  private static let second = Hex.encode(SHA256.hash(Array("rekey_two".utf8)))
  private static let third = Hex.encode(SHA256.hash(Array("rekey_three".utf8)))

  private func problem(_ file: String) -> CallerKeys.Problem? {
    do throws(CallerKeys.Problem) {
      _ = try CallerKeys(file: file)
      return nil
    } catch { return error }
  }

  // MARK: Names

  @Test func `a key names its caller`() throws {
    let keys = try CallerKeys(
      file: "shop \(Self.hash) 2026-11-21\nblog \(Self.second) 2026-11-21\n")
    #expect(keys.name(of: "rekey_one") == "shop")
    #expect(keys.name(of: "rekey_two") == "blog")
  }

  @Test(arguments: [
    "", "rekey_", "rekey_on", "rekey_onee", "Rekey_one", "rekey_one ", " rekey_one", "rekey_one\0",
    "rekey_three", hash, String(repeating: "r", count: 300),
  ])
  func `another text names nobody`(_ text: String) throws {
    let keys = try CallerKeys(file: "shop \(Self.hash) 2026-11-21\n")
    #expect(keys.name(of: text) == nil)
  }

  @Test func `a caller may have two keys, to change them without a gap`() throws {
    let keys = try CallerKeys(file: "shop \(Self.hash) now\nshop \(Self.second) now\n")
    #expect(keys.name(of: "rekey_one") == "shop" && keys.name(of: "rekey_two") == "shop")
    #expect(
      problem("shop \(Self.hash) a\nshop \(Self.second) b\nshop \(Self.third) c\n")
        == .tooManyKeys(name: "shop"))
  }

  @Test func `nobody's keys open nothing`() throws {
    #expect(CallerKeys.empty.name(of: "") == nil && CallerKeys.empty.entries.isEmpty)
    #expect(try CallerKeys(file: "").entries.isEmpty)
  }

  // MARK: The file

  @Test func `what is read is what is written`() throws {
    let lines = "shop \(Self.hash) 2026-11-21\nblog \(Self.second) 2026-11-22\n"
    #expect(try CallerKeys(file: "# callers\n\n" + lines).entries.map(\.line).joined() == lines)
  }

  @Test(arguments: [
    "shop", "shop \(hash)", "shop \(hash) ", "shop \(hash) now more", " shop \(hash) now",
    "shop  \(hash) now", "shop \(hash.uppercased()) now", "shop \(hash.dropLast(2)) now",
    "shop \(hash)00 now", "Shop \(hash) now", "file \(hash) now", "9shop \(hash) now",
    "shöp \(hash) now", "shop\t\(hash)\tnow",
  ])
  func `a line of another form is refused`(_ line: String) {
    #expect(problem("# callers\n\(line)\n") == .malformedLine(2))
  }

  @Test func `one key stands for one caller`() {
    #expect(problem("shop \(Self.hash) a\nblog \(Self.hash) b\n") == .duplicateKey(line: 2))
  }

  @Test func `line ends of two characters are refused and hide no line`() {
    #expect(problem("# callers\r\nshop \(Self.hash)\n") == .malformedLine(2))
    #expect(problem("# callers\r\nshop\nblog \(Self.hash) now\n") == .malformedLine(2))
  }

  // MARK: New keys

  @Test func `a new key has 256 random bits, and its entry only the hash`() throws {
    let (key, entry) = try CallerKeys.newKey(for: "shop", createdAt: "2026-11-21")
    let other = try CallerKeys.newKey(for: "shop", createdAt: "2026-11-21").key
    #expect(key != other)
    #expect(key.utf8.count == 49 && key.utf8.starts(with: "rekey_".utf8))
    #expect(Base64URL.decode(String(key.dropFirst(6)))?.count == 32)
    #expect(!entry.line.contains(key.dropFirst(6)))
    #expect(try CallerKeys(file: entry.line).name(of: key) == "shop")
    #expect(entry.line == "shop \(entry.keyHash) 2026-11-21\n")
  }

  @Test(arguments: [
    ("a", true), ("a-b_9", true), (String(repeating: "a", count: 64), true),
    (String(repeating: "a", count: 65), false), ("", false), ("-a", false), ("_a", false),
    ("9a", false), ("A", false), ("aB", false), ("a.b", false), ("a b", false), ("ä", false),
    ("file", false), ("files", true), ("a\n", false), ("a/b", false),
  ])
  func `a caller's name is short, plain and begins with a letter`(_ name: String, _ good: Bool) {
    #expect(CallerKeys.isName(name) == good)
  }
}
